rule {
  title    = "ICMP carries data to the internet",
  severity = "high",
  description = "Large and many ICMP packets from an own host to one host on the internet. An echo of a tool has 84"
    .. " bytes, and monitoring sends few; tunnels fill their packets.",
  controls = { "nist-800-53:SC-7(10)", "nist-800-53:SI-4(4)", "pci-dss-4.0:11.5.1", "soc2:CC6.7" },
  attack   = { "T1095", "T1048" },
  params   = {
    bytes  = number("1M", "bytes in a day that are many"),
    size   = number(200, "bytes of a packet, on average, that are large"),
    except = network({}, "own hosts that may, such as those that test paths"),
  },

  where    = "protocol in {icmp, ipv6-icmp} and accepted and src_peer in ours and src_peer not in $except"
    .. " and dst_peer in internet",
  group_by = { "src_peer", "dst_peer" },
  window   = "1d",
  identity = { "src_peer" },
  measure  = { sent = sum "bytes", size = max "bytes" },
  having   = "sent >= $bytes and bytes / packets >= $size",
  finding  = "{src_peer} sent {sent} bytes of ICMP in {packets} packets to {dst_peer}",
  remediation = "Deny ICMP outward except what finding paths needs, and look at what runs on the host.",
}

test "two megabytes in packets of a thousand bytes" {
  flows  = flows { from = "10.0.1.5", to = "192.0.2.5", protocol = "icmp", every = "1m", count = 20, packets = 100,
                   bytes = 100000, reply = true },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "high", measures = { sent = 2000000 } } },
}

test "an echo every second all day" {
  flows  = flows { from = "10.0.1.5", to = "192.0.2.5", protocol = "icmp", every = "1m", count = 1400, packets = 60,
                   bytes = 5040, reply = true },
  expect = {},
}

test "between own hosts" {
  flows  = flows { from = "10.0.1.5", to = "10.0.2.5", protocol = "icmp", every = "1m", count = 20, packets = 100,
                   bytes = 100000 },
  expect = {},
}

test "packets of the internet that are not answered" {
  flows  = flows { from = "192.0.2.5", to = "10.0.1.5", protocol = "icmp", every = "1m", count = 20, packets = 100,
                   bytes = 100000 },
  expect = {},
}
