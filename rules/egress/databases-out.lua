local services = require "services"

rule {
  title    = "Own host uses a database on the internet",
  severity = "medium",
  description = "A database or cache protocol from an own host to the internet, answered: data leaves the own network,"
    .. " often readable, to a place that nobody guards.",
  controls = { "nist-800-53:SC-7(5)", "pci-dss-4.0:1.3.2", "pci-dss-4.0:4.2.1", "soc2:CC6.7" },
  attack   = { "T1048", "T1567" },
  params   = {
    service = service(services.databases, "services of databases and caches"),
    except  = network({}, "own hosts that may"),
    servers = network({}, "databases on the internet that are known"),
  },

  where    = "client in ours and client not in $except and server in internet and server not in $servers"
    .. " and service in $service and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "client", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome == answered",
  finding  = "{client} uses {service} of {server} on the internet ({flows} records, {bytes} bytes)",
  remediation = "Reach the database over a private link or a VPN, or deny its service outward.",
}

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
