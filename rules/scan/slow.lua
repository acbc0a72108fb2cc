rule {
  title    = "Own host scans slowly",
  severity = "medium",
  description = "A host of ours tries many hosts or services over a day, few at a time so that no short window shows"
    .. " it, and gets nowhere with them. Spread over hours, it is patience and not a failure of an hour.",
  controls = { "nist-800-53:SI-4", "nist-800-53:SI-4(11)", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046", "T1018" },
  params   = {
    targets = number(30, "different hosts or ports that are many"),
    hours   = number(6, "different hours in which it tried"),
    packets = number(2, "packets of a probe at most, where it was let in"),
    except  = network({}, "scanners and monitoring that may"),
  },

  where    = "initiated and client in ours and server in ours and client not in $except"
    .. " and (reject_kind == attempt or (protocol == tcp and accepted and packets <= $packets))",
  group_by = { "client" },
  window   = "1d",
  measure  = { hosts = distinct "server", ports = distinct "server_port", hours = distinct "hour",
               refused = count "rejected" },
  having   = "(hosts >= $targets or ports >= $targets) and hours >= $hours",
  finding  = "{client} tried {ports} ports on {hosts} hosts in {hours} different hours, {refused} records refused",
  remediation = "Isolate the host and look at what runs there; name it in `except` if it is a scanner of yours.",
}

test "a host every ten minutes" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.48:22", every = "10m", action = "reject",
                   start = "2026-01-05T01:00:00Z" },
  expect = { { group = { client = "10.0.1.5" }, severity = "medium",
               measures = { hosts = 48, ports = 1, hours = 8 } } },
}

test "a fast scan is another rule's" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.48:22", every = "1s", action = "reject" },
  expect = {},
}

test "one broken client that tries all day" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1:5432", every = "10m", count = 48, action = "reject",
                   start = "2026-01-05T01:00:00Z" },
  expect = {},
}

test "a server's single packets to many ports of clients" {
  flows  = flows { from = "10.0.1.5:443", to = "10.0.2.1..10.0.2.48:40000", every = "10m", packets = 1, bytes = 52,
                   flags = "SYN,ACK", start = "2026-01-05T01:00:00Z" },
  expect = {},
}
