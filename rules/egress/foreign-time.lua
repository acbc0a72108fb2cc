rule {
  title    = "Time from a foreign server",
  severity = "low",
  description = "An own host asks a time server on the internet. Logs can be compared when all hosts take their time"
    .. " from the same, trusted source.",
  controls = { "pci-dss-4.0:10.6.2", "nist-800-53:SC-45", "soc2:CC7.2" },
  attack   = { "T1124" },
  params   = {
    except  = network({}, "own time servers, and the NAT gateways behind which they stand"),
    servers = network({}, "time servers on the internet that are approved"),
    asked   = number(2, "requests that matter"),
  },

  where    = "accepted and dst_service in udp/123 and src_peer in ours and src_peer not in $except"
    .. " and dst_peer in internet and dst_peer not in $servers",
  group_by = { "src_peer" },
  measure  = { asked = count(), servers = set("dst_peer", 3) },
  having   = "asked >= $asked",
  finding  = "{src_peer} asks {servers} for the time ({asked} records)",
  remediation = "Use the time service of the platform (169.254.169.123) or an own time server.",
}

test "a host asks a time server on the internet" {
  flows  = flows { from = "10.0.1.5:123", to = "192.0.2.123:123", protocol = "udp", every = "17m", count = 4,
                   reply = true },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "low", flows = 4 } },
}

test "the platform's time service and an own server" {
  flows  = flows { from = "10.0.1.5:123", to = { "169.254.169.123:123", "10.0.6.5:123" }, protocol = "udp", count = 4,
                   every = "17m", reply = true },
  expect = {},
}

test "an own time server answers a stranger" {
  flows  = flows { from = "192.0.2.123:40000", to = "10.0.1.5:123", protocol = "udp", count = 4, every = "17m",
                   reply = true },
  expect = {},
}
