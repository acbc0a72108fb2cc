rule {
  title = "spread", severity = "low", group_by = { "srcaddr" }, window = "1m",
  measure = { even = sum("bytes", { spread = true }) }, having = "even > 1M",
}
