rule {
  title    = "Bursts of many sources at one interface",
  severity = "medium",
  from     = "loud",
  identity = { "rule" },
  measure  = { sources = distinct "srcaddr" },
  having   = "sources >= 3",
  finding  = "{sources} loud sources",
}
