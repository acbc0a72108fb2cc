local services = require "services"

rule {
  title    = "Unapproved service answers the internet",
  severity = "medium",
  description = "A host of ours answered the internet on a service that is neither approved nor watched by another"
    .. " rule of this family: a forgotten listener, a debug port, or a door that somebody opened.",
  controls = { "pci-dss-4.0:1.2.5", "pci-dss-4.0:1.4.2", "nist-800-53:CM-7", "soc2:CC6.6" },
  attack   = { "T1133" },
  params   = {
    approved = service(services.web, "what the internet may use"),
    watched  = service(services.all("admin", "databases", "smb_rpc", "cleartext", "containers", "messaging",
                                    "amplifiers"),
                       "what other rules of this family report"),
    except   = network({}, "networks on the internet that may use others"),
    gateways = network({}, "own NAT gateways and proxies: what arrives there are replies"),
  },

  where    = "initiated is not null and client in internet and client not in $except and server in ours"
    .. " and server not in $gateways and service not in $approved and service not in $watched",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome(), opened = count "initiated" },
  having   = "outcome == answered and opened >= 1",
  finding  = "{server} answered {client} on {service}, which is not approved for the internet ({flows} records)",
  remediation = "Close the port, or add the service to `approved` with whoever owns it.",
}

test "a debug port that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:8000", reply = true },
  expect = { { group = { server = "10.0.1.5", service = "tcp/8000" }, severity = "medium" } },
}

test "approved and otherwise watched services" {
  flows  = flows { from = "192.0.2.7:50000", to = { "10.0.1.5:443", "10.0.1.5:22", "10.0.1.5:5432" }, reply = true },
  expect = {},
}

test "a probe that is not answered" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:8000" },
  expect = {},
}

test "the replies of a server on the internet" {
  flows  = flows { from = "192.0.2.7:8000", to = "10.0.1.5:50000", flags = "SYN,ACK" },
  expect = {},
}
