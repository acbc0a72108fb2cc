rule {
  title    = "Own host sends much outside business hours",
  severity = "low",
  description = "Outside business hours an own host sent much to one server on the internet, more than it got from"
    .. " there. Thieves work when nobody looks; so do backups, which `except` and `servers` are for.",
  controls = { "nist-800-53:SC-7(10)", "nist-800-53:SI-4(11)", "soc2:CC7.2" },
  attack   = { "T1029", "T1048" },
  params   = {
    bytes   = number("500M", "bytes sent in a night that are much"),
    opens   = number(7, "first hour of business"),
    closes  = number(20, "first hour after business"),
    except  = network({}, "own hosts that may, such as backups, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that may receive much"),
  },

  where    = "client in ours and client not in $except and server in internet and server not in $servers and accepted"
    .. " and initiated is not null and (hour < $opens or hour >= $closes or weekday in 6..7)",
  group_by = { "client", "server" },
  window   = "1d",
  identity = { "client" },
  measure  = { sent = sum("bytes", "initiated"), got = sum("bytes", "not initiated"), endpoint = via_endpoint() },
  having   = "sent >= $bytes and sent > got * 5 and (endpoint is null or endpoint == false)",
  finding  = "{client} sent {sent} bytes to {server} outside business hours and got {got}",
  remediation = "Find out what was sent and by what.",
}

test "a gigabyte at night" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", start = "2026-01-06T02:00:00Z", bytes = 1000000000,
                   packets = 700000, reply = { bytes = 20000000, packets = 350000 } },
  expect = { { group = { client = "10.0.2.5" }, severity = "low" } },
}

test "a gigabyte at noon" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", start = "2026-01-06T12:00:00Z", bytes = 1000000000,
                   packets = 700000, reply = true },
  expect = {},
}

test "a gigabyte fetched at night" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", start = "2026-01-06T02:00:00Z", bytes = 1000000,
                   reply = { bytes = 1000000000, packets = 700000 } },
  expect = {},
}
