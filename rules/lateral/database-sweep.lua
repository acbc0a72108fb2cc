local services = require "services"

rule {
  title    = "Own host opens many databases",
  severity = "medium",
  description = "One own host opens database services on many servers within an hour. Applications have a few"
    .. " databases; exporters and backups are known. Others are looking around.",
  controls = { "nist-800-53:SI-4", "nist-800-53:AC-6", "pci-dss-4.0:7.2.5", "soc2:CC7.2" },
  attack   = { "T1210", "T1046" },
  params   = {
    service = service(services.databases, "services of databases and caches"),
    hosts   = number(8, "different servers that are many"),
    window  = duration("1h", "within which time"),
    except  = network({}, "monitoring and backups that may"),
  },

  where    = "initiated and client in ours and client not in $except and server in ours and service in $service",
  group_by = { "client" },
  window   = "$window",
  measure  = { hosts = distinct "server", services = top("service", 3), refused = count "rejected" },
  having   = "hosts >= $hosts",
  finding  = "{client} opened databases on {hosts} own servers within {$window}, most on {services}; {refused} refused",
  remediation = "Find out what runs on the host, and admit each application to its own database only.",
}

test "ten database servers" {
  flows  = flows { from = "10.0.2.5:40000", to = "10.0.10.1..10.0.10.10:5432", every = "1m", reply = true },
  expect = { { group = { client = "10.0.2.5" }, severity = "medium", measures = { hosts = 10 } } },
}

test "an application and its pool" {
  flows  = flows { from = "10.0.2.5:40001..40050", to = "10.0.10.1..10.0.10.2:5432", every = "1s", reply = true },
  expect = {},
}

test "a database that answers ten applications" {
  flows  = flows { from = "10.0.2.1..10.0.2.10:40000", to = "10.0.10.1:5432", reply = true },
  expect = {},
}
