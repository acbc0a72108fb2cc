rule {
  title    = "Own host tries one service on many hosts",
  severity = "medium",
  description = "A host of ours tries the same service on many others within minutes and gets nowhere with them:"
    .. " blocked, or gone after a packet or two. Worms and intruders look for the next host like this.",
  controls = { "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046", "T1018" },
  params   = {
    hosts   = number(25, "different hosts that are many"),
    packets = number(2, "packets of a probe at most, where it was let in"),
    window  = duration("10m", "within which time"),
    every   = duration("2m30s", "how far windows are apart"),
    except  = network({}, "scanners and monitoring that may"),
  },

  where    = "initiated and client in ours and client not in $except"
    .. " and (reject_kind == attempt or (protocol == tcp and accepted and packets <= $packets))",
  group_by = { "client", "service" },
  window   = "$window",
  every    = "$every",
  measure  = { hosts = distinct "server", refused = count "rejected", some = set("server", 3) },
  having   = "hosts >= $hosts",
  identity = { "client", "service" },
  finding  = "{client} tried {service} on {hosts} hosts within {$window}, {refused} records refused; among them {some}",
  remediation = "Isolate the host and look at what runs there; name it in `except` if it is a scanner of yours.",
}

test "SMB on forty hosts" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.40:445", every = "1s", action = "reject" },
  expect = { { group = { client = "10.0.1.5", service = "tcp/445" }, severity = "medium", measures = { hosts = 40 } } },
}

test "monitoring gets through to forty hosts" {
  flows  = flows { from = "10.0.5.10:40000", to = "10.0.2.1..10.0.2.40:9100", every = "1s", packets = 12,
                   reply = true },
  expect = {},
}

test "a resolver asks forty name servers with single datagrams" {
  flows  = flows { from = "10.0.6.5:40000", to = "192.0.2.1..192.0.2.40:53", protocol = "udp", packets = 1, bytes = 80,
                   reply = { packets = 1, bytes = 120 } },
  expect = {},
}

test "single packets of replies to forty clients" {
  flows  = flows { from = "10.0.1.5:443", to = "10.0.2.1..10.0.2.40:40000", packets = 1, bytes = 52,
                   flags = "SYN,ACK" },
  expect = {},
}
