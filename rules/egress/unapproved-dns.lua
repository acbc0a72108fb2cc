rule {
  title    = "Name service past the own resolvers",
  severity = "medium",
  description = "An own host asks a name server on the internet itself. Filters, logs and split names of the own"
    .. " resolver do not apply to it, and questions can carry data out.",
  controls = { "nist-800-53:SC-20", "nist-800-53:SC-7(5)", "pci-dss-4.0:1.3.2", "soc2:CC6.7" },
  attack   = { "T1071.004", "T1048" },
  params   = {
    service = service({ "udp/53", "tcp/53", "tcp/853", "udp/853" }, "name services"),
    except  = network({}, "own resolvers, and the NAT gateways behind which they stand"),
    servers = network({}, "name servers on the internet that everybody may ask"),
  },

  where    = "client in ours and client not in $except and server in internet and server not in $servers"
    .. " and service in $service and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "client" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} asks {server} on {service}, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Block these services outward except for the own resolvers, and point the host at them.",
}

test "a host asks a public resolver" {
  flows  = flows { from = "10.0.1.5:40000", to = "8.8.8.8:53", protocol = "udp", reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "medium" } },
}

test "the own resolver may" {
  params = { except = "10.0.6.0/28" },
  flows  = flows { from = "10.0.6.5:40000", to = "8.8.8.8:53", protocol = "udp", reply = true },
  expect = {},
}

test "the resolver of the VPC" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.0.2:53", protocol = "udp", reply = true },
  expect = {},
}

test "a name server of ours answers the internet" {
  flows  = flows { from = "8.8.8.8:40000", to = "10.0.1.5:53", protocol = "udp", reply = true },
  expect = {},
}
