rule {
  title    = "A walk over ports",
  severity = "medium",
  params   = { run = number(6) },
  where    = "initiated and protocol == tcp",
  group_by = { "client", "server" },
  window   = "10m", every = "5m",
  measure  = { run = longest_run "server_port", ports = distinct "server_port", seen = set "server_port" },
  having   = "run >= $run",
  identity = { "server" },
  finding  = "{client} walked {run} of {ports} ports of {server}: {seen}",
}
