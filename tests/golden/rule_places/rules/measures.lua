rule {
  title    = "a filter",
  severity = "low",
  identity = { "srcaddr" },
  where    = "accepted",
  measure  = {
    good = count "accepted",
    bad  = ratio("rejected", "rejected and servr_port == 22"),
  },
}
