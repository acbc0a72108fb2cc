local services = require "services"

rule {
  title    = "Datagram service answers the internet",
  severity = "medium",
  description = "DNS, NTP, SNMP, LDAP, memcached or another UDP service of an own host that answers strangers. Forged"
    .. " senders use such servers to flood others.",
  controls = { "pci-dss-4.0:1.4.2", "nist-800-53:SC-5", "nist-800-53:CM-7", "soc2:CC6.6" },
  attack   = { "T1498.002" },
  params   = {
    service  = service(services.amplifiers, "UDP services that answer with more than they were asked"),
    except   = network({}, "networks on the internet that may ask"),
    public   = network({}, "own servers that are there for everybody, such as authoritative name servers"),
  },

  where    = "client in internet and client not in $except and server in ours and server not in $public"
    .. " and service in $service and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome == answered",
  finding  = "{server} answered {client} on {service} ({flows} records, {bytes} bytes)",
  remediation = "Close the port to the internet, or let the service answer known clients only.",
}

test "a name server that answers strangers" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.6.5:53", protocol = "udp", reply = true },
  expect = { { group = { server = "10.0.6.5", service = "udp/53" }, severity = "medium" } },
}

test "a question that nobody answers" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.6.5:53", protocol = "udp" },
  expect = {},
}

test "an own host asks a server on the internet" {
  flows  = flows { from = "10.0.6.5:50000", to = "192.0.2.7:123", protocol = "udp", reply = true },
  expect = {},
}
