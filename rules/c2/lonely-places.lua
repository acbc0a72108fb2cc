rule {
  title    = "A place that few own hosts call as by a clock",
  severity = "info",
  signal   = true,
  description = "What all hosts call regularly is an agent, an update, or monitoring. What one host alone calls is"
    .. " left over, for c2/beacon.",
  params   = { clients = number(1, "own hosts that may call it at most") },

  from     = "c2/regular-calls",
  group_by = { "server", "service" },
  window   = "1d",
  measure  = { clients = distinct "client", host = first "client", calls = max "calls", every = max "every" },
  having   = "clients <= $clients",
}
