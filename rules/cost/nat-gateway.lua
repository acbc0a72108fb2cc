rule {
  title    = "Traffic through the NAT gateway costs much",
  severity = "info",
  description = "What one own host moves through the NAT gateway, both ways, at the gateway's price of a GB, as a"
    .. " month would cost. It needs the records of the gateway's own interface: only there is it known what passes"
    .. " through.",
  params   = {
    nat     = network("nat", "the private addresses of the NAT gateways"),
    price   = price("nat_gb", "of a GB through the NAT gateway"),
    monthly = number(50, "cost of a month that is much, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
  },

  where    = "(dstaddr in $nat or srcaddr in $nat) and srcaddr in ours and dstaddr in ours and accepted"
    .. " and client not in $nat and client in ours",
  group_by = { "client" },
  measure  = { moved = sum "bytes", services = top("service", 3, "bytes"), places = top("server", 3, "bytes") },
  value    = { cost = "moved / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{client} moves for {monthly} {$currency} a month through the NAT gateway ({moved} bytes in the log, on"
    .. " {services})",
  remediation = "Use gateway endpoints for S3 and DynamoDB, interface endpoints for other services of the platform, a"
    .. " cache for packages and images.",
}

test "fifty gigabytes a day through the gateway" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.0.100:443", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, pkt_dstaddr = "192.0.2.7", vantage = "dst" },
  expect = { { group = { client = "10.0.2.5" }, severity = "info" } },
}

test "what comes back is paid too" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.0.100:443", to = "10.0.2.5:40000", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, pkt_srcaddr = "192.0.2.7", flags = "SYN,ACK", vantage = "src" },
  expect = { { group = { client = "10.0.2.5" } } },
}

test "the same between own hosts" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.10.9:443", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, reply = true },
  expect = {},
}
