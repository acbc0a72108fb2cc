rule {
  title    = "Production and another environment talk to each other",
  severity = "high",
  description = "A conversation between production and staging, development or test that was let in, whoever opened it."
    .. " Test systems are weaker guarded, and what reaches production from there was not reviewed.",
  controls = { "pci-dss-4.0:6.5.3", "nist-800-53:AC-4", "nist-800-53:SC-7", "soc2:CC6.1" },
  attack   = { "T1210", "T1199" },
  params   = {
    prod    = network("prod", "production"),
    others  = network({ "staging", "dev" }, "the other environments"),
    shared  = network({}, "hosts that serve all environments, such as directories or build servers"),
    service = service({}, "services that may cross"),
  },

  where    = "((client in $others and server in $prod) or (client in $prod and server in $others))"
    .. " and initiated is not null and client not in $shared and server not in $shared and service not in $service",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome(), opened = count "initiated" },
  having   = "outcome >= allowed and opened >= 1",
  finding  = "{client} reached {server} on {service} across environments, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Remove the route, peering or security-group rule that joins the environments, or name the host in"
    .. " `shared`.",
}

test "staging reaches production" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.2.9:8080", reply = true },
  expect = { { group = { server = "10.0.2.9", service = "tcp/8080" }, severity = "high" } },
}

test "production stays in production" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:8080", reply = true },
  expect = {},
}

test "a shared host may" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  params = { shared = "10.0.7.0/24" },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.7.9:443", reply = true },
  expect = {},
}

test "replies whose opening was not seen are no breach of their own" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.0.2.9:8080", to = "10.1.2.5:40000", flags = "SYN,ACK" },
  expect = {},
}
