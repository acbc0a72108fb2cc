rule {
  title    = "Traffic through the transit gateway costs much",
  severity = "info",
  description = "What one attachment sends into the transit gateway, at its price of a GB, as a month would cost.",
  params   = {
    price   = price("tgw_gb", "of a GB sent into the transit gateway"),
    monthly = number(50, "cost of a month that is much, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
  },

  where    = "tgw_attachment_id is not null and flow_direction == \"ingress\"",
  group_by = { "tgw_attachment_id" },
  measure  = { sent = sum "bytes", places = top("dst_peer", 3, "bytes") },
  value    = { cost = "sent / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{tgw_attachment_id} sends for {monthly} {$currency} a month into the transit gateway ({sent} bytes, most"
    .. " to {places})",
  remediation = "Join networks that talk much by peering, or keep a copy of what is fetched on this side.",
}

test "a hundred gigabytes a day" {
  policy = { prices = { currency = "USD", tgw_gb = "0.02" } },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.2.9:443", log = "tgw", tgw_attachment_id = "tgw-attach-1",
                   flow_direction = "ingress", every = "1h", count = 25, bytes = 4000000000, packets = 3000000 },
  expect = { { group = { tgw_attachment_id = "tgw-attach-1" }, severity = "info" } },
}

test "the same on its way out is not paid again" {
  policy = { prices = { currency = "USD", tgw_gb = "0.02" } },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.2.9:443", log = "tgw", tgw_attachment_id = "tgw-attach-1",
                   flow_direction = "egress", every = "1h", count = 25, bytes = 4000000000, packets = 3000000 },
  expect = {},
}
