rule {
  title    = "Own host talks to a listed address",
  severity = "high",
  description = "A conversation, in either direction, with an address of your threat list that went through. Fill the"
    .. " network `threats` from a feed: `threats: { file: lists/threats.txt }`.",
  controls = { "nist-800-53:SI-4(4)", "nist-800-53:SC-7", "pci-dss-4.0:11.5.1.1", "soc2:CC6.8" },
  attack   = { "T1071" },
  params   = {
    threats = network("threats", "addresses that own hosts must not talk to"),
    except  = network({}, "own hosts that may, such as sensors"),
  },

  where    = "accepted and src_peer in ours and src_peer not in $except and dst_peer in $threats",
  group_by = { "src_peer" },
  measure  = { opened = count "initiated", threats = set("dst_peer", 3), services = top("service", 3) },
  finding  = "{src_peer} sent {bytes} bytes in {packets} packets to listed addresses: {threats} ({services})",
  remediation = "Isolate the host, keep its memory and disk for the investigation, and block the addresses.",
}

test "a host calls a listed address" {
  policy = { networks = { threats = "192.0.2.66" } },
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.66:443", reply = true },
  expect = { { group = { src_peer = "10.0.2.5" }, severity = "high", flows = 1 } },
}

test "a host answers a listed address" {
  policy = { networks = { threats = "192.0.2.66" } },
  flows  = flows { from = "192.0.2.66:40000", to = "10.0.2.5:443", reply = true },
  expect = { { group = { src_peer = "10.0.2.5" } } },
}

test "a listed address knocks and is blocked, or not answered" {
  policy = { networks = { threats = "192.0.2.66" } },
  flows  = { flows { from = "192.0.2.66:40000", to = "10.0.2.5:22", action = "reject" },
             flows { from = "192.0.2.66:40000", to = "10.0.2.5:443" } },
  expect = {},
}

test "the replies to other clients" {
  policy = { networks = { threats = "192.0.2.66" } },
  flows  = flows { from = "192.0.2.67:40000", to = "10.0.2.5:443", reply = true },
  expect = {},
}
