rule {
  title    = "Bursts of one interface",
  severity = "info",
  group_by = { "interface_id" },
  window   = "10m",
  every    = "5m",
  measure  = { sources = distinct "srcaddr", ports = top("dstport", 3) },
  having   = "flows > 3500",
  identity = { "interface_id" },
  finding  = "{interface_id}: {sources} sources, {ports}",
}
