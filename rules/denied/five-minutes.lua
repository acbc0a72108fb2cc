rule {
  title    = "What an interface rejected in five minutes",
  severity = "info",
  signal   = true,
  description = "Blocked attempts of each interface and five minutes, for denied/reject-spikes.",

  where    = "reject_kind == attempt and interface_id is not null",
  group_by = { "interface_id" },
  window   = "5m",
  measure  = { attempts = count(), clients = distinct "client", services = top("service", 3) },
}
