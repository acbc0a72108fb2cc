rule {
  title    = "Own host is flooded",
  severity = "high",
  description = "In one minute a host of ours was asked for more connections than a healthy one is, and most carried"
    .. " no more than a packet or two: a flood that wants to exhaust it.",
  controls = { "nist-800-53:SC-5", "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:A1.1" },
  attack   = { "T1498.001", "T1499.001" },
  params   = {
    requests = number(1500, "requests of one minute that make a flood"),
    packets  = number(3, "packets of such a request at most"),
    except   = network({}, "own hosts that are flooded on purpose, such as load tests"),
  },

  where    = "initiated and server in ours and server not in $except and protocol in {tcp, udp} and packets <= $packets"
    .. " and service not in {udp/53, udp/123, udp/161..162, udp/514, udp/8125}",
  group_by = { "server" },
  window   = "1m",
  measure  = { requests = count(), clients = distinct "client", services = top("service", 3) },
  having   = "requests >= $requests",
  finding  = "{server} got {requests} requests of at most {$packets} packets in one minute from {clients} clients, on"
    .. " {services}",
  remediation = "Put the host behind a service that absorbs floods, limit rates, and block the sources at the edge.",
}

test "two thousand half-open connections in a minute" {
  flows  = flows { from = "192.0.2.1..192.0.2.20:40001..40100", to = "10.0.1.5:443", every = "10ms", packets = 1,
                   bytes = 40,
                   flags = "SYN" },
  expect = { { group = { server = "10.0.1.5" }, severity = "high", measures = { requests = 2000, clients = 20 } } },
}

test "two thousand real ones" {
  flows  = flows { from = "192.0.2.1..192.0.2.20:40001..40100", to = "10.0.1.5:443", every = "10ms", packets = 12,
                   reply = true },
  expect = {},
}

test "two thousand over an hour" {
  flows  = flows { from = "192.0.2.1..192.0.2.20:40001..40100", to = "10.0.1.5:443", every = "2s", packets = 1,
                   flags = "SYN" },
  expect = {},
}

test "replies to a busy client" {
  flows  = flows { from = "192.0.2.1..192.0.2.20:443", to = "10.0.1.5:40001..40100", every = "10ms", packets = 1,
                   flags = "SYN,ACK" },
  expect = {},
}
