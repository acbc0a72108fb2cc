rule {
  title    = "Only the app subnet may reach the database port",
  severity = "high",
  description = "Conversations that something outside the allowed network opened to a database server.",
  controls = { "pci-dss-4.0:1.3.1", "nist-800-53:SC-7", "soc2:CC6.1" },
  attack   = { "T1210" },
  params   = {
    server  = network("db", "the database servers"),
    allowed = network("app", "who may open conversations to them"),
    service = service("tcp/5432", "the database's services"),
  },

  where    = "server in $server and service in $service and client not in $allowed",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} reached {server} on {service}, {outcome}; only {$allowed} may ({flows} records, {bytes} bytes)",
  remediation = "Remove the security-group or NACL rule that admits this client, or add its network to `allowed`.",
}

test "another subnet may not" {
  policy = { networks = { app = "10.0.2.0/24", db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.10.9:5432", reply = true },
  expect = { { group = { server = "10.0.10.9", service = "tcp/5432" }, severity = "high" } },
}

test "the app subnet may" {
  policy = { networks = { app = "10.0.2.0/24", db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.10.9:5432", reply = true },
  expect = {},
}

test "a blocked attempt is no breach" {
  policy = { networks = { app = "10.0.2.0/24", db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.10.9:5432", action = "reject" },
  expect = {},
}

test "a database's own client, and the replies to it" {
  policy = { networks = { app = "10.0.2.0/24", db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.10.9:40000", to = "10.0.1.5:5432", reply = true },
  expect = {},
}
