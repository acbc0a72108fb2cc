rule {
  title    = "Own host sends much to one place on the internet",
  severity = "medium",
  description = "In one day an own host sent more to one server on the internet than hosts do, in conversations that"
    .. " it opened itself. What clients fetch from own servers does not count.",
  controls = { "nist-800-53:SC-7(10)", "nist-800-53:SI-4(4)", "pci-dss-4.0:1.3.2", "soc2:CC6.7" },
  attack   = { "T1048", "T1567", "T1030" },
  params   = {
    bytes   = number("5G", "bytes sent in a day that are much"),
    except  = network({}, "own hosts that may, such as backups, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that may receive much"),
  },

  where    = "client in ours and client not in $except and server in internet and server not in $servers"
    .. " and initiated and accepted",
  group_by = { "client", "server" },
  window   = "1d",
  identity = { "client" },
  measure  = { sent = sum "bytes", services = top("service", 3), endpoint = via_endpoint() },
  having   = "sent >= $bytes and (endpoint is null or endpoint == false)",
  finding  = "{client} sent {sent} bytes to {server} in a day on {services}",
  remediation = "Find out what was sent and by what; name the place in `servers` if it may receive it.",
}

test "eight gigabytes in a day" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", every = "1m", count = 8, bytes = 1000000000,
                   packets = 700000, reply = true },
  expect = { { group = { client = "10.0.2.5" }, severity = "medium", measures = { sent = 8000000000 } } },
}

test "eight gigabytes over a gateway endpoint" {
  flows  = flows { from = "10.0.2.5:40000", to = "52.218.0.9:443", every = "1m", count = 8, bytes = 1000000000,
                   packets = 700000, flow_direction = "egress", traffic_path = 7, vantage = "src" },
  expect = {},
}

test "between own hosts" {
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.20.5:443", every = "1m", count = 8, bytes = 1000000000,
                   reply = true },
  expect = {},
}

test "a web server that is asked for eight gigabytes" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.2.5:443", every = "1m", count = 8, bytes = 1000,
                   reply = { bytes = 1000000000, packets = 700000 } },
  expect = {},
}
