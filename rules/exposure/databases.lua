rule {
  title    = "Database reached from the internet",
  severity = "critical",
  description = "A database or cache of ours, opened from the internet and let in.",
  controls = { "pci-dss-4.0:1.4.4", "nist-800-53:SC-7" },
  attack   = { "T1190" },
  params   = {
    service = service({ "tcp/1433..1434", "tcp/1521", "tcp/3306", "tcp/5432..5433", "tcp/6379", "tcp/9042",
                        "tcp/9200", "tcp/11211", "tcp/27017..27019" }, "services of databases and caches"),
    except  = network({}, "networks on the internet that may"),
  },

  where    = "client in internet and client not in $except and server in ours and service in $service",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} reached {service} of {server} from the internet, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Move the database to a private subnet and admit its applications' security groups only.",
}
