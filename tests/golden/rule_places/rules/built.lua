local port = 22
rule {
  title    = "put together",
  severity = "low",
  identity = { "srcaddr" },
  where    = "accepted and srcprot == " .. port,
}
