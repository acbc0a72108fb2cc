rule {
  title    = "Database server opens conversations to the internet",
  severity = "high",
  description = "A database server reached the internet itself. It has no errands there; patches and backups come from"
    .. " own hosts or over endpoints.",
  controls = { "pci-dss-4.0:1.3.2", "pci-dss-4.0:1.4.4", "nist-800-53:SC-7(5)", "soc2:CC6.7" },
  attack   = { "T1048", "T1071" },
  params   = {
    databases = network("db", "the database servers"),
    servers   = network({}, "where on the internet they may go"),
    service   = service({}, "services that they may use everywhere"),
  },

  where    = "client in $databases and server in internet and server not in $servers and service not in $service"
    .. " and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "client", "service" },
  measure  = { outcome = outcome(), opened = count "initiated", endpoint = via_endpoint() },
  having   = "outcome >= allowed and opened >= 1 and (endpoint is null or endpoint == false)",
  finding  = "{client} opened a conversation to {server} on {service}, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Take the route to the NAT gateway away from database subnets; use endpoints for what they need.",
}

test "a database server calls the internet" {
  policy = { networks = { db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.10.5:40000", to = "192.0.2.5:443", reply = true },
  expect = { { group = { client = "10.0.10.5", service = "tcp/443" }, severity = "high" } },
}

test "over a gateway endpoint" {
  policy = { networks = { db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.10.5:40000", to = "52.218.0.9:443", flow_direction = "egress", traffic_path = 7,
                   vantage = "src" },
  expect = {},
}

test "a blocked attempt" {
  policy = { networks = { db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.10.5:40000", to = "192.0.2.5:443", action = "reject" },
  expect = {},
}

test "a database answers the internet" {
  policy = { networks = { db = "10.0.10.0/24" } },
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.10.5:5432", reply = true },
  expect = {},
}
