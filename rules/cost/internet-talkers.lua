rule {
  title    = "Traffic to the internet costs much",
  severity = "info",
  description = "What one own host sends to the internet, at the price of a GB outward, as a month would cost. Traffic"
    .. " over gateway endpoints is left out: it is free.",
  params   = {
    price   = price("internet_gb", "of a GB sent to the internet"),
    monthly = number(100, "cost of a month that is much, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
    except  = network({}, "own hosts that may, such as NAT gateways that stand for others"),
  },

  where    = "accepted and src_peer in ours and src_peer not in $except and dst_peer in internet"
    .. " and (traffic_path is null or traffic_path != 7)",
  group_by = { "src_peer" },
  measure  = { sent = sum "bytes", services = top("service", 3, "bytes"), places = top("dst_peer", 3, "bytes") },
  value    = { cost = "sent / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{src_peer} sends to the internet for {monthly} {$currency} a month ({sent} bytes in the log, most to"
    .. " {places})",
  remediation = "Serve from a cache or a content network, compress, or use private links to partners and cloud"
    .. " services.",
}

test "a terabyte a day" {
  policy = { prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.7:40000", every = "1h", count = 25, bytes = 40000000000,
                   packets = 30000000, flags = "SYN,ACK", vantage = "src" },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "info" } },
}

test "a gigabyte a day" {
  policy = { prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.7:40000", every = "1h", count = 25, bytes = 40000000,
                   packets = 30000,
                   flags = "SYN,ACK", vantage = "src" },
  expect = {},
}

test "what the internet sends is free" {
  policy = { prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "192.0.2.7:443", to = "10.0.1.5:40000", every = "1h", count = 25, bytes = 40000000000,
                   packets = 30000000, flags = "SYN,ACK" },
  expect = {},
}

test "nobody told the price" {
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.7:40000" },
  expect = {},
  not_evaluated = true,
}
