rule {
  title    = "The crown jewels open conversations outward",
  severity = "high",
  description = "A most precious host opened a conversation to something that is not on its list. Such hosts are"
    .. " asked; they seldom need to ask. A way out is what an intruder needs next.",
  controls = { "pci-dss-4.0:1.3.2", "nist-800-53:SC-7(5)", "soc2:CC6.7" },
  attack   = { "T1041", "T1048" },
  params   = {
    jewels  = network("crown", "the most precious hosts"),
    allowed = network({}, "where they may open conversations to"),
    service = service({ "udp/53", "tcp/53", "udp/123" }, "services that are open to everybody"),
  },

  where    = "client in $jewels and server not in $jewels and server not in $allowed and server not in platform"
    .. " and service not in $service and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "client", "service" },
  measure  = { outcome = outcome(), opened = count "initiated", endpoint = via_endpoint() },
  having   = "outcome >= allowed and opened >= 1 and (endpoint is null or endpoint == false)",
  finding  = "{client} opened a conversation to {server} on {service}, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Deny outbound traffic of these hosts except to what they need: backups, names, time, patches.",
}

test "a precious host calls a server on the internet" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  params = { allowed = "10.0.20.0/24" },
  flows  = flows { from = "10.0.10.3:40000", to = "192.0.2.5:443", reply = true },
  expect = { { group = { client = "10.0.10.3", service = "tcp/443" }, severity = "high" } },
}

test "its backup is on the list" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  params = { allowed = "10.0.20.0/24" },
  flows  = flows { from = "10.0.10.3:40000", to = "10.0.20.5:443", reply = true },
  expect = {},
}

test "it answers its clients" {
  policy = { networks = { crown = "10.0.10.0/28" } },
  flows  = flows { from = "10.0.2.3:40000", to = "10.0.10.3:5432", reply = true },
  expect = {},
}
