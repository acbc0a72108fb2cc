rule {
  title    = "Own hosts meet over their public addresses",
  severity = "info",
  description = "A host of ours asks another by its public address: the traffic leaves by the internet gateway and"
    .. " comes back, is paid like traffic to the internet, and passes no private filter. A private address or a"
    .. " peering does the same.",
  params   = {
    price   = price("internet_gb", "of a GB sent to the internet"),
    monthly = number(5, "cost of a month that matters, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
    except  = network({}, "NAT gateways that stand for others"),
  },

  where    = "accepted and client in ours and client in private and client not in $except and server in ours"
    .. " and server not in private"
    .. " and initiated is not null",
  group_by = { "client", "server", "service" },
  measure  = { moved = sum "bytes" },
  value    = { cost = "moved / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{client} reaches {server} of ours on {service} over the internet, for {monthly} {$currency} a month"
    .. " ({moved} bytes)",
  remediation = "Use the private address or a private name; join the networks by peering or a transit gateway.",
}

test "an application asks its own public address" {
  policy = { own = { "10.0.0.0/8", "198.51.100.0/24" }, prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "10.0.2.5:40000", to = "198.51.100.20:443", every = "1h", count = 25, bytes = 1000000000,
                   packets = 700000, vantage = "src", reply = true },
  expect = { { group = { client = "10.0.2.5", server = "198.51.100.20", service = "tcp/443" }, severity = "info" } },
}

test "it asks the private address" {
  policy = { own = { "10.0.0.0/8", "198.51.100.0/24" }, prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.0.20:443", every = "1h", count = 25, bytes = 1000000000,
                   packets = 700000, reply = true },
  expect = {},
}

test "replies to the internet" {
  policy = { own = { "10.0.0.0/8", "198.51.100.0/24" }, prices = { currency = "USD", internet_gb = "0.09" } },
  flows  = flows { from = "10.0.2.5:443", to = "192.0.2.9:40000", every = "1h", count = 25, bytes = 1000000000,
                   packets = 700000, flags = "SYN,ACK", vantage = "src" },
  expect = {},
}
