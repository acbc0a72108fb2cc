rule {
  title    = "Partner reached what was not agreed",
  severity = "high",
  description = "A partner's network opened a conversation to an own host on another service than the agreed ones, and"
    .. " it was let in.",
  controls = { "pci-dss-4.0:1.4.2", "nist-800-53:CA-3", "nist-800-53:AC-4", "soc2:CC6.6" },
  attack   = { "T1199" },
  params   = {
    partners = network("partners", "the partners' networks"),
    service  = service({ "tcp/443" }, "the agreed services"),
    servers  = network("ours", "the agreed servers"),
  },

  where    = "client in $partners and server in ours and initiated is not null"
    .. " and (service not in $service or server not in $servers)",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome(), opened = count "initiated" },
  having   = "outcome >= allowed and opened >= 1",
  finding  = "{client} reached {server} on {service}, {outcome}; agreed is {$service} ({flows} records, {bytes} bytes)",
  remediation = "Narrow the rule that admits the partner to the agreed servers and services.",
}

test "a partner opens a database" {
  policy = { networks = { partners = "203.0.113.0/28" } },
  flows  = flows { from = "203.0.113.5:40000", to = "10.0.10.9:5432", reply = true },
  expect = { { group = { server = "10.0.10.9", service = "tcp/5432" }, severity = "high" } },
}

test "a partner uses the agreed service" {
  policy = { networks = { partners = "203.0.113.0/28" } },
  flows  = flows { from = "203.0.113.5:40000", to = "10.0.1.9:443", reply = true },
  expect = {},
}

test "an own host calls the partner and is answered" {
  policy = { networks = { partners = "203.0.113.0/28" } },
  flows  = flows { from = "10.0.1.9:40000", to = "203.0.113.5:22", reply = true },
  expect = {},
}
