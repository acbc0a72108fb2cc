rule {
  title    = "Connection to the internet stays open for hours",
  severity = "low",
  description = "One connection of an own host to the internet, between the same two ports, that lasts most of a day."
    .. " Tunnels and remote controls do that; so do message queues and update channels, which `servers` is for.",
  controls = { "nist-800-53:SI-4(4)", "nist-800-53:SC-10", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1572", "T1071" },
  params   = {
    lasts   = duration("8h", "how long is long"),
    hours   = number(8, "different hours in which packets were seen"),
    except  = network({}, "own hosts that may, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that are known"),
  },

  where    = "client in ours and client not in $except and server in internet and server not in $servers"
    .. " and accepted and initiated is not null and client_port is not null",
  group_by = { "client", "server", "service", "client_port" },
  identity = { "client" },
  measure  = { asked = count "initiated", answered = count "not initiated", hours = distinct "hour" },
  having   = "last_seen - first_seen >= $lasts and hours >= $hours and asked >= 1 and answered >= 1",
  finding  = "{client} kept one connection to {service} of {server} from {first_seen} to {last_seen} ({bytes} bytes)",
  remediation = "Find the process that holds it; name the place in `servers` if it is known.",
}

test "a connection of ten hours" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", every = "10m", count = 60, flags = false,
                   reply = true,
                   start = "2026-01-05T08:00:00Z" },
  expect = { { group = { client = "10.0.2.5" }, severity = "low", flows = 120 } },
}

test "ten hours of short connections" {
  flows  = flows { from = "10.0.2.5:40000..40059", to = "192.0.2.5:443", every = "10m", reply = true },
  expect = {},
}

test "a port that is used again in the evening" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:443", every = "10h", count = 2, reply = true },
  expect = {},
}

test "a client on the internet that stays" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.2.5:443", every = "10m", count = 60, flags = false,
                   reply = true },
  expect = {},
}
