local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Database reached from the internet",
  severity = "critical",
  description = "A database or cache of ours, opened from the internet and let in.",
  controls = { "pci-dss-4.0:1.4.4", "nist-800-53:SC-7", "cis-aws-3.0:2.3.3", "soc2:CC6.6" },
  attack   = { "T1190" },
  service  = service(services.databases, "services of databases and caches"),
  remediation = "Move the database to a private subnet and admit its applications' security groups only.",
})

test "a database that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.10.5:5432", reply = true },
  expect = { { group = { server = "10.0.10.5", service = "tcp/5432" }, severity = "critical" } },
}

test "a blocked attempt is no exposure" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.10.5:3306", action = "reject" },
  expect = {},
}

test "own clients may" {
  flows  = flows { from = "10.0.1.5:50000", to = "10.0.10.5:5432", reply = true },
  expect = {},
}

test "the replies of a database on the internet" {
  flows  = flows { from = "192.0.2.7:5432", to = "10.0.1.5:50000", flags = "SYN,ACK" },
  expect = {},
}
