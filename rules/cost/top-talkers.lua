rule {
  title    = "Own hosts that move the most bytes between them",
  severity = "info",
  description = "Pairs of own hosts above a volume: what to look at first when a network bill surprises. A ranking, not"
    .. " an alarm; cost/internet-talkers, cost/nat-gateway and cost/cross-az tell what it costs.",
  params   = { bytes = number("1G", "bytes of one conversation, replies included") },

  where    = "accepted and client in ours and server in ours",
  group_by = { "client", "server", "service" },
  measure  = { bytes_moved = sum "bytes" },
  having   = "bytes_moved >= $bytes",
  finding  = "{client} and {server} moved {bytes_moved} bytes on {service}",
  remediation = "Ask what is moved and whether it must be: a cache, compression, or a closer copy helps.",
}

test "two gigabytes" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", bytes = 2000000000, packets = 1400000 },
  expect = { { group = { client = "10.0.1.5", server = "10.0.2.9", service = "tcp/443" }, severity = "info",
               measures = { bytes_moved = 2000000000 } } },
}

test "both halves count together" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", bytes = 500000000, packets = 400000,
                   reply = { bytes = 600000000, packets = 500000 } },
  expect = { { measures = { bytes_moved = 1100000000 } } },
}

test "a megabyte" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", bytes = 1000000, reply = true },
  expect = {},
}
