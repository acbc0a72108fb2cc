rule {
  title    = "Many ports of one host are tried",
  severity = "medium",
  description = "One client tries many services of a host within minutes, and gets nowhere: blocked, or gone after a"
    .. " packet or two. Order does not matter.",
  controls = { "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046" },
  params   = {
    ports   = number(50, "different ports that are many"),
    packets = number(2, "packets of a probe at most, where it was let in"),
    window  = duration("10m", "within which time"),
    every   = duration("2m30s", "how far windows are apart"),
    except  = network({}, "scanners that may"),
  },

  where    = "initiated and protocol in {tcp, udp} and server in ours and client not in $except"
    .. " and (reject_kind == attempt or (accepted and packets <= $packets))",
  group_by = { "client", "server" },
  window   = "$window",
  every    = "$every",
  measure  = { ports = distinct "server_port", refused = count "rejected", services = top("service", 5) },
  having   = "ports >= $ports",
  identity = { "server" },
  finding  = "{client} tried {ports} ports of {server} within {$window}, {refused} records refused",
  remediation = "Block the client where it enters, and close what need not be reachable.",
}

test "sixty ports, blocked" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:1000..1059", every = "1s", action = "reject" },
  expect = { { group = { server = "10.0.9.9" }, severity = "medium", measures = { ports = 60, refused = 60 } } },
}

test "sixty ports, let in and reset" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:1000..1059", every = "1s", packets = 1, bytes = 40,
                   flags = "SYN", reply = { packets = 1, bytes = 40, flags = "RST" } },
  expect = { { group = { server = "10.0.9.9" }, measures = { ports = 60, refused = 0 } } },
}

test "sixty conversations with sixty services" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:1000..1059", every = "1s", packets = 12, reply = true },
  expect = {},
}

test "a few blocked ports" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.9.9:1000..1019", every = "1s", action = "reject" },
  expect = {},
}

test "single datagrams of a name server to many ports of its client" {
  flows  = flows { from = "10.0.6.5:53", to = "10.0.9.9:40000..40099", protocol = "udp", packets = 1, bytes = 120 },
  expect = {},
}
