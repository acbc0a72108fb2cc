rule {
  title    = "Mail past the own relay",
  severity = "medium",
  description = "An own host delivers mail to servers on the internet itself. Mail goes through a relay that signs and"
    .. " checks it; a host that does not is misconfigured or sends spam.",
  controls = { "nist-800-53:SC-7(5)", "nist-800-53:SI-8", "pci-dss-4.0:1.3.2", "soc2:CC6.7" },
  attack   = { "T1071.003", "T1048" },
  params   = {
    service = service({ "tcp/25" }, "delivery of mail between servers"),
    except  = network({}, "mail relays, and the NAT gateways behind which they stand"),
  },

  where    = "client in ours and client not in $except and server in internet and service in $service"
    .. " and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "client" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} delivers mail to {server}, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Block tcp/25 outward except for the relay, and send through the relay with a login.",
}

test "a web server delivers mail" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.25:25", reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "medium" } },
}

test "submission with a login is not delivery" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.25:587", reply = true },
  expect = {},
}

test "a blocked delivery" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.25:25", action = "reject" },
  expect = {},
}

test "a relay of ours answers a stranger who delivers" {
  flows  = flows { from = "192.0.2.25:40000", to = "10.0.1.5:25", reply = true },
  expect = {},
}
