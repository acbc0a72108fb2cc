rule {
  title    = "Own host talks to many strangers on high ports",
  severity = "low",
  description = "One own host reaches many hosts on the internet, on many ports that no listed service has: file"
    .. " sharing, mining pools, or a net of bots. Programs of a server know a few places.",
  controls = { "nist-800-53:SI-4(4)", "nist-800-53:CM-7", "pci-dss-4.0:1.3.2", "soc2:CC6.8" },
  attack   = { "T1571", "T1496", "T1090.003" },
  params   = {
    hosts  = number(40, "different hosts that are many"),
    ports  = number(20, "different ports that are many"),
    window = duration("1h", "within which time"),
    except = network({}, "own hosts that may, and the NAT gateways that stand for others"),
  },

  where    = "accepted and src_peer in ours and src_peer not in $except and dst_peer in internet"
    .. " and protocol in {tcp, udp} and srcport >= 1024 and dstport >= 1024 and (initiated is null or initiated)",
  group_by = { "src_peer" },
  window   = "$window",
  measure  = { hosts = distinct "dst_peer", ports = distinct "dstport" },
  having   = "hosts >= $hosts and ports >= $ports",
  finding  = "{src_peer} sent to {hosts} hosts on the internet, on {ports} high ports, within {$window} ({bytes}"
    .. " bytes)",
  remediation = "Look at what runs on the host; admit outward only the services that it needs.",
}

test "sixty strangers on sixty ports" {
  flows  = flows { from = "10.0.2.5:51413", to = { "192.0.2.1:20001", "192.0.2.2:20002..20010",
                   "192.0.2.3..192.0.2.60:6881" },
                   protocol = "udp", every = "1s", packets = 30 },
  params = { ports = 10 },
  expect = { { group = { src_peer = "10.0.2.5" }, severity = "low", measures = { hosts = 60, ports = 11 } } },
}

test "a mail server that reaches sixty others" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.1..192.0.2.60:25", every = "1s", reply = true },
  expect = {},
}

test "a service on a high port that answers sixty clients" {
  flows  = flows { from = "192.0.2.1..192.0.2.60:40000", to = "10.0.2.5:8443", every = "1s", reply = true },
  expect = {},
}
