rule {
  title    = "Administration hops through an own host",
  severity = "high",
  description = "Somebody administers a host of ours, and that host administers others. Unless it is a bastion, a"
    .. " session was carried on from it: how intruders get from the host they found to the one they want.",
  controls = { "nist-800-53:AC-17", "nist-800-53:AC-4", "pci-dss-4.0:1.3.1", "soc2:CC6.1" },
  attack   = { "T1021", "T1563" },
  params   = { except = network("bastion", "bastions and deployment servers that may") },

  from     = { "lateral/administered", "lateral/administers" },
  where    = "host not in $except",
  group_by = { "host" },
  measure  = { inward = count "rule == \"lateral/administered\"", outward = count "rule == \"lateral/administers\"" },
  having   = "inward >= 1 and outward >= 1",
  finding  = "{host} was administered and administers others",
  remediation = "Find out who was on the host; admit administration from the bastion only, on every host.",
}

test "from the bastion to a web server, from there to an application server" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = { flows { from = "10.0.3.10:40000", to = "10.0.1.5:22", reply = true },
             flows { from = "10.0.1.5:40000", to = "10.0.2.9:22", start = "2026-01-05T10:20:00Z", reply = true } },
  expect = { { group = { host = "10.0.1.5" }, severity = "high" } },
}

test "the bastion hops, as it is meant to" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = { flows { from = "172.20.1.9:40000", to = "10.0.3.10:22", reply = true },
             flows { from = "10.0.3.10:40000", to = "10.0.2.9:22", start = "2026-01-05T10:20:00Z", reply = true } },
  expect = {},
}

test "replies are no hop" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = { flows { from = "10.0.3.10:40000", to = "10.0.1.5:22", reply = true },
             flows { from = "10.0.1.5:22", to = "10.0.2.9:40000", flags = "SYN,ACK" } },
  expect = {},
}
