rule {
  title    = "Tunnel to the internet",
  severity = "medium",
  description = "An own host that is no gateway keeps a VPN or tunnel to the internet: IPsec, OpenVPN, WireGuard,"
    .. " PPTP, L2TP or GRE. What goes through it passes every other control.",
  controls = { "nist-800-53:SC-7", "nist-800-53:AC-17", "pci-dss-4.0:1.3.2", "soc2:CC6.7" },
  attack   = { "T1572", "T1133" },
  params   = {
    service = service({ "udp/500", "udp/4500", "udp/1194", "tcp/1194", "udp/1701", "tcp/1723", "udp/51820" },
                      "services of tunnels"),
    except  = network({}, "own gateways that may"),
    peers   = network({}, "other ends that are known"),
  },

  where    = "accepted and src_peer in ours and src_peer not in $except and dst_peer in internet"
    .. " and dst_peer not in $peers"
    .. " and (protocol in {gre, esp, ah} or dst_service in $service) and (initiated is null or initiated)",
  group_by = { "src_peer" },
  measure  = { peers = set("dst_peer", 3), services = top("dst_service", 3) },
  finding  = "{src_peer} keeps a tunnel to {peers} ({services}; {packets} packets, {bytes} bytes)",
  remediation = "End the tunnel or move it to a gateway where it is watched; deny these services outward.",
}

test "WireGuard from a web server" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.5:51820", protocol = "udp", reply = true },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "medium" } },
}

test "IPsec, where nobody is known to have opened" {
  flows  = { flows { from = "10.0.1.5:4500", to = "192.0.2.5:4500", protocol = "udp" },
             flows { from = "10.0.1.5", to = "192.0.2.5", protocol = 50 } },
  expect = { { group = { src_peer = "10.0.1.5" }, flows = 2 } },
}

test "a known gateway and a known other end" {
  params = { except = "10.0.0.20", peers = "203.0.113.1" },
  flows  = flows { from = { "10.0.0.20:4500", "10.0.1.5:4500" }, to = "203.0.113.1:4500", protocol = "udp" },
  expect = {},
}

test "an own VPN server answers its clients" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.1.5:1194", protocol = "udp", reply = true },
  expect = {},
}
