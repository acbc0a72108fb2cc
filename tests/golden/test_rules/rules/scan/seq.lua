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

test "a client walks ports" {
  flows  = flows { from = "10.0.1.5", to = "10.0.9.9:20..60", action = "reject", every = "1s" },
  expect = { { group = { server = "10.0.9.9", client = "10.0.1.5" }, severity = "medium", measures = { run = 41, refused = 41 }, message = "*walked 41*", occurrences = 1, evidence = 3, flows = 41, first_seen = "2026-01-05T10:00:00Z" } },
}
test "NAT" {
  params = { run = 5 },
  flows  = flows { from = "10.0.1.5:443", to = "10.0.9.9:32768..40000", protocol = "tcp", every = "10ms", flags = "SYN,ACK" },
  expect = {},
}
test "wrong" {
  flows  = { flows { from = "10.0.1.5", to = "10.0.9.9:20..60", action = "reject", every = "1s", reply = true, vantage = "both" } },
  expect = { { group = { server = "10.0.9.9" }, severity = "high", measures = { run = 20, foo = 3 } }, {severity = "low"} },
}
test "typo" {
  flows  = flows { from = "10.0.1.5", too = "10.0.9.9:20..60" },
  expects = {},
}
test "bad addr" {
  flows  = flows { from = "10.0.1.555", to = "10.0.9.9:20..60", interface_id = "a b" },
  policy = { networkz = {} },
  expect = {},
}
