rule {
  title    = "Own host looks for addresses that nobody has",
  severity = "medium",
  description = "Nothing lives at dark addresses, so nothing has business there: one stray packet is a typing error,"
    .. " several addresses are a search.",
  controls = { "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046", "T1018" },
  params   = {
    dark      = network("dark", "own addresses that are not in use"),
    addresses = number(5, "different dark addresses that make a search"),
    window    = duration("1d", "within which time"),
    except    = network({}, "scanners that may"),
  },

  where    = "dst_peer in $dark and src_peer in ours and src_peer not in $except"
    .. " and (initiated or protocol not in {tcp, udp})",
  group_by = { "src_peer" },
  window   = "$window",
  measure  = { addresses = distinct "dst_peer", some = set("dst_peer", 3), services = top("dst_service", 3) },
  having   = "addresses >= $addresses",
  finding  = "{src_peer} tried {addresses} dark addresses within {$window}, among them {some}, on {services}",
  remediation = "Look at what runs on the host; correct `dark` if the addresses are in use.",
}

test "eight dark addresses" {
  policy = { networks = { dark = "10.0.200.0/24" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.200.1..10.0.200.8:445", flags = "SYN", packets = 1 },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "medium", measures = { addresses = 8 } } },
}

test "one address, again and again" {
  policy = { networks = { dark = "10.0.200.0/24" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.200.1:445", every = "1m", count = 20, flags = "SYN" },
  expect = {},
}

test "the internet searches too, and is not ours" {
  policy = { networks = { dark = "10.0.200.0/24" } },
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.200.1..10.0.200.8:445", action = "reject" },
  expect = {},
}

test "replies are no search" {
  policy = { networks = { dark = "10.0.200.0/24" } },
  flows  = flows { from = "10.0.1.5:443", to = "10.0.200.1..10.0.200.8:40000", flags = "SYN,ACK" },
  expect = {},
}
