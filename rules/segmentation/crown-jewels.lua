rule {
  title    = "Unapproved client reached the crown jewels",
  severity = "critical",
  description = "Any conversation, on any service, that something else than the named clients opened to the most"
    .. " precious hosts and that was let in.",
  controls = { "pci-dss-4.0:1.3.1", "nist-800-53:AC-4", "nist-800-53:SC-7", "soc2:CC6.1" },
  attack   = { "T1210", "T1021" },
  params   = {
    jewels  = network("crown", "the most precious hosts"),
    allowed = network({}, "who may open conversations to them"),
  },

  where    = "server in $jewels and client not in $jewels and client not in $allowed and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome(), opened = count "initiated" },
  having   = "outcome >= allowed and opened >= 1",
  finding  = "{client} reached {server} on {service}, {outcome}; it is not among the approved clients ({flows}"
    .. " records)",
  remediation = "Admit the approved security groups only, on the services that they need.",
}

test "a web server reaches for the jewels" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  params = { allowed = "10.0.2.0/24" },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.10.3:5432", reply = true },
  expect = { { group = { server = "10.0.10.3", service = "tcp/5432" }, severity = "critical" } },
}

test "approved clients and the jewels among themselves" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  params = { allowed = "10.0.2.0/24" },
  flows  = flows { from = { "10.0.2.5:40000", "10.0.10.4:40000" }, to = "10.0.10.3:5432", reply = true },
  expect = {},
}

test "a blocked attempt" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.10.3:5432", action = "reject" },
  expect = {},
}

test "the jewels open a conversation and are answered" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  flows  = flows { from = "10.0.10.3:40000", to = "10.0.20.5:443", reply = true },
  expect = {},
}
