rule {
  title    = "Services of the platform are reached through the NAT gateway",
  severity = "info",
  description = "What one own host moves through the NAT gateway to or from S3, DynamoDB or another service of AWS. An"
    .. " endpoint carries the same for less, gateway endpoints for nothing.",
  params   = {
    nat     = network("nat", "the private addresses of the NAT gateways"),
    price   = price("nat_gb", "of a GB through the NAT gateway"),
    monthly = number(10, "cost of a month that matters, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
  },

  where    = "(dstaddr in $nat or srcaddr in $nat) and srcaddr in ours and dstaddr in ours and accepted"
    .. " and client not in $nat and client in ours"
    .. " and (pkt_dst_aws_service is not null or pkt_src_aws_service is not null)",
  group_by = { "client" },
  measure  = { moved = sum "bytes", asked = top("pkt_dst_aws_service", 3, "bytes"),
               answered = top("pkt_src_aws_service", 3, "bytes") },
  value    = { cost = "moved / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{client} moves {moved} bytes through the NAT gateway to and from AWS ({asked}), for {monthly}"
    .. " {$currency} a month",
  remediation = "Create a gateway endpoint for S3 and DynamoDB, interface endpoints for the others, and route to them.",
}

test "S3 through the NAT gateway" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.0.100:443", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, pkt_dstaddr = "52.218.0.9", pkt_dst_aws_service = "S3", vantage = "dst" },
  expect = { { group = { client = "10.0.2.5" }, severity = "info" } },
}

test "another place through the NAT gateway" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.0.100:443", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, pkt_dstaddr = "192.0.2.7", vantage = "dst" },
  expect = {},
}

test "S3 over a gateway endpoint" {
  policy = { networks = { nat = "10.0.0.100" }, prices = { currency = "USD", nat_gb = "0.045" } },
  flows  = flows { from = "10.0.2.5:40000", to = "52.218.0.9:443", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, pkt_dst_aws_service = "S3", flow_direction = "egress", traffic_path = 7,
                   vantage = "src" },
  expect = {},
}
