rule {
  title    = "Traffic between zones costs much",
  severity = "info",
  description = "What two own hosts in different availability zones move, at the price of a GB between zones, as a"
    .. " month would cost. The inventory tells the zones; bytes are counted where they are sent.",
  params   = {
    price   = price("cross_az_gb", "of a GB between zones, both ends together"),
    monthly = number(20, "cost of a month that is much, in the policy's currency"),
    least   = duration("1h", "how much log an estimate needs"),
  },

  where    = "accepted and vantage == src and src.az != dst.az and client in ours and server in ours",
  group_by = { "client", "server" },
  measure  = { moved = sum "bytes", services = top("service", 3, "bytes") },
  value    = { cost = "moved / 1G * $price", monthly = "cost * (30d / observed)" },
  having   = "monthly >= $monthly and observed >= $least",
  finding  = "{client} and {server} are in different zones and move for {monthly} {$currency} a month ({moved} bytes in"
    .. " the log, on {services})",
  remediation = "Let clients prefer a server of their own zone, put a replica or a cache there, or compress.",
}

local zones = {
  prices = { currency = "USD", cross_az_gb = "0.02" },
  inventory = { { address = "10.0.1.5", interface = "eni-a", az = "a" },
                { address = "10.0.2.5", interface = "eni-b", az = "b" },
                { address = "10.0.1.6", interface = "eni-c", az = "a" } },
}

test "fifty gigabytes a day to the other zone, and what comes back" {
  policy = zones,
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.5:8080", every = "1h", count = 25, bytes = 2000000000,
                     packets = 1400000, interface = "eni-a", vantage = "src" },
             flows { from = "10.0.2.5:8080", to = "10.0.1.5:40000", every = "1h", count = 25, bytes = 1000000000,
                     packets = 1400000, flags = "SYN,ACK", interface = "eni-b", vantage = "src" } },
  expect = { { group = { client = "10.0.1.5", server = "10.0.2.5" }, severity = "info",
               measures = { moved = 75000000000 } } },
}

test "the same within a zone" {
  policy = zones,
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.1.6:8080", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, interface = "eni-a", vantage = "src" },
  expect = {},
}

test "the receiver's records of it are no second bytes" {
  policy = zones,
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.5:8080", every = "1h", count = 25, bytes = 2000000000,
                   packets = 1400000, interface = "eni-b", vantage = "dst" },
  expect = {},
}
