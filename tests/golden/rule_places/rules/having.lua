rule {
  title    = "escapes",
  severity = "low",
  identity = { "srcaddr" },
  having   = "flows > 1 and\
    flws > 2",
}
