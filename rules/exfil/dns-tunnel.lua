rule {
  title    = "Questions to a name server carry data",
  severity = "high",
  description = "An own host sent many and long questions to one name server within an hour. A question has some 70"
    .. " bytes; tunnels write data into the names that they ask for.",
  controls = { "nist-800-53:SC-7(10)", "nist-800-53:SI-4(4)", "pci-dss-4.0:11.5.1", "soc2:CC6.7" },
  attack   = { "T1071.004", "T1048.003" },
  params   = {
    bytes  = number("1M", "bytes asked within the hour that are many"),
    size   = number(140, "bytes of a packet, on average, that are long"),
    except = network({}, "own hosts that may, such as name servers that copy zones"),
  },

  where    = "initiated and accepted and service in {udp/53, tcp/53} and client in ours and client not in $except",
  group_by = { "client", "server" },
  window   = "1h",
  identity = { "client" },
  measure  = { sent = sum "bytes", asked = sum "packets" },
  having   = "sent >= $bytes and bytes / packets >= $size",
  finding  = "{client} sent {sent} bytes in {asked} packets to the name server {server} within an hour",
  remediation = "Find the domain in the resolver's log and block it; look at what runs on the host.",
}

test "long questions" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.0.2:53", protocol = "udp", every = "1m", count = 30,
                   packets = 300,
                   bytes = 60000, reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "high", measures = { sent = 1800000 } } },
}

test "many short questions" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.0.2:53", protocol = "udp", every = "1m", count = 30,
                   packets = 1000,
                   bytes = 70000, reply = true },
  expect = {},
}

test "long answers" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.0.2:53", protocol = "udp", every = "1m", count = 30,
                   packets = 300,
                   bytes = 21000, reply = { packets = 300, bytes = 150000 } },
  expect = {},
}
