local services = require "services"

rule {
  title    = "Client is answered after many refusals",
  severity = "medium",
  description = "A client was blocked at a service again and again, and then the service answered it: somebody opened"
    .. " the door, or the client found a way round. If nobody of yours opened it, somebody else did.",
  controls = { "nist-800-53:AC-7", "nist-800-53:SI-4", "pci-dss-4.0:1.2.2", "soc2:CC8.1" },
  attack   = { "T1562.007", "T1110" },
  params   = {
    service = service(services.all("admin", "databases", "smb_rpc"), "services whose doors matter"),
    tries   = number(10, "refusals before"),
    within  = duration("1h", "from the first refusal to the answer"),
    except  = network({}, "clients that may"),
  },

  where    = "service in $service and server in ours and client not in $except and initiated is not null"
    .. " and (reject_kind == attempt or (accepted and not initiated))",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = {
    times   = sequence { { "rejected", times = "$tries" }, "accepted and bytes / packets > 40", within = "$within" },
    refused = count "rejected",
  },
  having   = "times >= 1",
  finding  = "{service} of {server} answered {client} after {$tries} refusals within {$within} ({refused} in all)",
  remediation = "Find out who changed the rule, and whether it was meant for this client.",
}

test "let in after twelve refusals" {
  flows  = { flows { from = "10.0.7.9:40001..40012", to = "10.0.10.5:5432", every = "1m", action = "reject" },
             flows { from = "10.0.7.9:41000", to = "10.0.10.5:5432", start = "2026-01-05T10:20:00Z", reply = true } },
  expect = { { group = { server = "10.0.10.5", service = "tcp/5432" }, severity = "medium",
               measures = { times = 1 } } },
}

test "refused until the end" {
  flows  = flows { from = "10.0.7.9:40001..40040", to = "10.0.10.5:5432", every = "1m", action = "reject",
                   vantage = "both" },
  expect = {},
}

test "first answered, then refused" {
  flows  = { flows { from = "10.0.7.9:41000", to = "10.0.10.5:5432", start = "2026-01-05T09:20:00Z", reply = true },
             flows { from = "10.0.7.9:40001..40012", to = "10.0.10.5:5432", every = "1m", action = "reject" } },
  expect = {},
}

test "let in after a weekend" {
  flows  = { flows { from = "10.0.7.9:40001..40012", to = "10.0.10.5:5432", every = "1m", action = "reject" },
             flows { from = "10.0.7.9:41000", to = "10.0.10.5:5432", start = "2026-01-08T10:20:00Z", reply = true } },
  expect = {},
}

test "rejected replies, and an answer" {
  flows  = { flows { from = "10.0.10.5:5432", to = "10.0.7.9:40001..40012", every = "1m", action = "reject",
                     flags = "SYN,ACK" },
             flows { from = "10.0.7.9:41000", to = "10.0.10.5:5432", start = "2026-01-05T10:20:00Z", reply = true } },
  expect = {},
}
