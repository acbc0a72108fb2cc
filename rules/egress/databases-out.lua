local services = require "services"
local to_internet = require "_to_internet"

rule(to_internet {
  title    = "Own host uses a database on the internet",
  severity = "medium",
  description = "A database or cache protocol from an own host to the internet, answered: data leaves the own network,"
    .. " often readable, to a place that nobody guards.",
  controls = { "nist-800-53:SC-7(5)", "pci-dss-4.0:1.3.2", "pci-dss-4.0:4.2.1", "soc2:CC6.7" },
  attack   = { "T1048", "T1567" },
  service  = service(services.databases, "services of databases and caches"),
  except   = "own hosts that may",
  servers  = "databases on the internet that are known",
  finding  = "{client} uses {service} of {server} on the internet ({flows} records, {bytes} bytes)",
  remediation = "Reach the database over a private link or a VPN, or deny its service outward.",
})

test "a database on the internet" {
  flows  = flows { from = "10.0.2.5:40000", to = "192.0.2.5:3306", reply = true },
  expect = { { group = { client = "10.0.2.5", service = "tcp/3306" }, severity = "medium" } },
}

test "an own database" {
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.10.5:3306", reply = true },
  expect = {},
}

test "an own database answers a stranger" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.2.5:3306", reply = true },
  expect = {},
}
