rule {
  title    = "a parameter",
  severity = "low",
  params   = {
    gap = duration "5 minutes",
  },
  identity = { "srcaddr" },
}
