local to_internet = require "_to_internet"

rule(to_internet {
  title    = "Own host uses a service without encryption on the internet",
  severity = "low",
  description = "FTP, Telnet, POP3, IMAP, LDAP or an r-command from an own host to the internet, answered: its"
    .. " password crossed the internet readable.",
  controls = { "pci-dss-4.0:4.2.1", "nist-800-53:SC-8", "soc2:CC6.7" },
  attack   = { "T1040" },
  service  = service({ "tcp/21", "tcp/23", "tcp/110", "tcp/143", "tcp/389", "tcp/512..514", "udp/69" },
                     "services without encryption"),
  except   = "own hosts that may",
  servers  = "servers on the internet that are known, such as a partner's",
  finding  = "{client} uses {service} of {server} without encryption ({flows} records, {bytes} bytes)",
  remediation = "Use the encrypted form of the service, and block this one outward.",
})

test "FTP to the internet" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.5:21", reply = true },
  expect = { { group = { client = "10.0.1.5", service = "tcp/21" }, severity = "low" } },
}

test "a known partner" {
  params = { servers = "203.0.113.0/28" },
  flows  = flows { from = "10.0.1.5:40000", to = "203.0.113.5:21", reply = true },
  expect = {},
}

test "a blocked or silent server" {
  flows  = { flows { from = "10.0.1.5:40000", to = "192.0.2.5:21", action = "reject" },
             flows { from = "10.0.1.6:40000", to = "192.0.2.6:23" } },
  expect = {},
}

test "an FTP server of ours answers" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.1.5:21", reply = true },
  expect = {},
}
