rule {
  title    = "Own host reaches the internet without the NAT gateway",
  severity = "low",
  description = "A host that is not meant to be public opened conversations straight through an internet gateway: it"
    .. " has a public address. Filters at the NAT gateway do not see it, and it can be reached from outside.",
  controls = { "pci-dss-4.0:1.4.1", "nist-800-53:SC-7", "soc2:CC6.6" },
  attack   = { "T1041" },
  params   = {
    public = network({}, "hosts that are meant to be public: NAT gateways, load balancers, bastions"),
  },

  where    = "initiated and accepted and traffic_path == 8 and client in private and client not in $public"
    .. " and server in internet and (interface_type is null or interface_type != \"nat_gateway\")",
  group_by = { "client" },
  measure  = { servers = distinct "server", services = top("service", 3) },
  finding  = "{client} went to {servers} hosts on the internet through an internet gateway, on {services} ({flows}"
    .. " records)",
  remediation = "Move the host to a private subnet behind the NAT gateway, or name it in `public`.",
}

test "a web server with a public address of its own" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.5:443", flow_direction = "egress", traffic_path = 8,
                   vantage = "src", reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "low", measures = { servers = 1 } } },
}

test "through a NAT gateway" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.5:443", flow_direction = "egress", vantage = "src",
                   reply = true },
  expect = {},
}

test "a load balancer is meant to be public" {
  params = { public = "10.0.0.0/26" },
  flows  = flows { from = "10.0.0.5:40000", to = "192.0.2.5:443", flow_direction = "egress", traffic_path = 8,
                   vantage = "src" },
  expect = {},
}

test "a web server answers the internet" {
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.5:40000", flow_direction = "egress", traffic_path = 8,
                   vantage = "src", flags = "SYN,ACK" },
  expect = {},
}
