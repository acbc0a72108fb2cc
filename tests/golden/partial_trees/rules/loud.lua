rule {
  title    = "Bursts of one source",
  severity = "low",
  group_by = { "srcaddr" },
  session  = "2m",
  measure  = { refused = count "rejected", steps = sequence { "rejected", "accepted", within = "5m" } },
  having   = "flows >= 4 and refused >= 1",
  finding  = "{srcaddr}: {flows} records, {refused} refused, {steps} times let in later",
}
