rule {
  title    = "One client walks the ports of a host in order",
  severity = "medium",
  description = "Consecutive ports of one server, opened by one client within a window: the shape of a port scan.",
  controls = { "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046" },
  params   = {
    run    = number(8, "how many consecutive ports make a walk"),
    window = duration("10m", "within which time"),
    every  = duration("2m30s", "how far windows are apart"),
    except = network({}, "scanners that may"),
  },

  where    = "initiated and protocol in {tcp, udp} and server in ours and client not in $except",
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

test "twenty ports in order" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:20..39", every = "1s", action = "reject" },
  expect = { { group = { server = "10.0.9.9" }, severity = "medium", measures = { run = 20, refused = 20 } } },
}

test "a walk over the edge of a window is one finding" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:20..59", every = "1s", start = "2026-01-05T10:09:40Z",
                   action = "reject" },
  expect = { { group = { server = "10.0.9.9" }, measures = { run = 40 } } },
}

test "twenty ports over a day" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:20..39", every = "1h", action = "reject" },
  expect = {},
}

test "every tenth port" {
  flows  = flows { from = "10.0.1.5:40000", to = { "10.0.9.9:20", "10.0.9.9:30", "10.0.9.9:40", "10.0.9.9:50",
                   "10.0.9.9:60", "10.0.9.9:70", "10.0.9.9:80", "10.0.9.9:90" }, every = "1s", action = "reject" },
  expect = {},
}

test "a web server that answers the ports of a NAT gateway is not a scan" {
  flows  = flows { from = "10.0.1.5:443", to = "10.0.9.9:32768..40000", every = "10ms", flags = "SYN,ACK" },
  expect = {},
}

test "nor is it in a log without flags" {
  flows  = flows { from = "10.0.1.5:443", to = "10.0.9.9:32768..33768", every = "10ms", log = "v2" },
  expect = {},
}
