rule {
  title    = "a condition of several lines, indented by a tab",
  severity = "low",
  identity = { "srcaddr" },
	where    = [[
	  accepted and
	  srcprot == 22
	]],
}
