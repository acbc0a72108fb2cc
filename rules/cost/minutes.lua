rule {
  title    = "What an own host sent in a minute",
  severity = "info",
  signal   = true,
  description = "Bytes of each sender and minute, counted where they are sent, for cost/rate-spikes."
    .. " Longer records count for each minute by their share.",

  where    = "accepted and vantage == src and src_peer in ours",
  group_by = { "src_peer" },
  window   = "1m",
  measure  = { sent = sum("bytes", { spread = true }) },
}
