rule {
  title    = "One client walks the ports of a host in order",
  severity = "medium",
  description = "Consecutive ports of one server, opened by one client within a window: the shape of a port scan.",
  controls = { "nist-800-53:SI-4" },
  attack   = { "T1046" },
  params   = {
    run    = number(8, "how many consecutive ports make a walk"),
    window = duration("10m", "within which time"),
    every  = duration("2m30s", "how far windows are apart"),
  },

  where    = "initiated and protocol in {tcp, udp}",
  group_by = { "client", "server" },
  window   = "$window",
  every    = "$every",
  measure  = {
    run     = longest_run "server_port",
    ports   = distinct "server_port",
    refused = count "rejected",
  },
  having   = "run >= $run",
  identity = { "server" },
  finding  = "{client} walked {run} consecutive ports of {server}: {ports} distinct, {refused} refused",
  remediation = "Block the client where it enters, and check what answered on the ports that were not refused.",
}
