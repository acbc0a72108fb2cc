rule {
  title    = "Unusual IP protocol to the internet",
  severity = "medium",
  description = "An own host exchanges packets with the internet that are neither TCP, UDP nor ICMP. Filters that"
    .. " think in ports do not see what such protocols carry.",
  controls = { "nist-800-53:SC-7(5)", "nist-800-53:SI-4(4)", "pci-dss-4.0:1.2.5", "soc2:CC6.7" },
  attack   = { "T1095", "T1048" },
  params   = {
    except = network({}, "own gateways that may, such as routers of tunnels"),
  },

  where    = "protocol not in {tcp, udp, icmp, ipv6-icmp, gre, esp, ah} and accepted and src_peer in ours"
    .. " and src_peer not in $except and dst_peer in internet",
  group_by = { "src_peer", "protocol" },
  measure  = { peers = distinct "dst_peer", some = set("dst_peer", 3) },
  finding  = "{src_peer} sends IP protocol {protocol} to {some} ({peers} hosts, {packets} packets, {bytes} bytes)",
  remediation = "Deny every protocol outward that has no known purpose.",
}

test "IP in IP to the internet" {
  flows  = flows { from = "10.0.1.5", to = "192.0.2.5", protocol = 4 },
  expect = { { group = { src_peer = "10.0.1.5", protocol = 4 }, severity = "medium" } },
}

test "the usual protocols" {
  flows  = { flows { from = "10.0.1.5:40000", to = "192.0.2.5:443" },
             flows { from = "10.0.1.5", to = "192.0.2.5", protocol = "icmp" } },
  expect = {},
}

test "a router protocol between own hosts" {
  flows  = flows { from = "10.0.1.5", to = "10.0.1.6", protocol = 112 },
  expect = {},
}

test "packets of the internet that are blocked" {
  flows  = flows { from = "192.0.2.5", to = "10.0.1.5", protocol = 4, action = "reject" },
  expect = {},
}
