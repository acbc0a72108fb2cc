local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Service without encryption reached from the internet",
  severity = "medium",
  description = "FTP, Telnet, POP3, IMAP, LDAP, rsync, TFTP or an r-command of an own host, opened from the internet"
    .. " and answered or let in: passwords and data cross the internet readable.",
  controls = { "pci-dss-4.0:1.2.6", "pci-dss-4.0:4.2.1", "nist-800-53:SC-8", "soc2:CC6.7" },
  attack   = { "T1040" },
  service  = service(services.cleartext, "services without encryption"),
  finding  = "{client} used {service} of {server} from the internet without encryption, {outcome} ({flows} records)",
  remediation = "Offer the encrypted form of the service (SFTP, IMAPS, LDAPS) and close this port.",
})

test "FTP that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:21", reply = true },
  expect = { { group = { server = "10.0.1.5", service = "tcp/21" }, severity = "medium" } },
}

test "a blocked attempt is no exposure" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:21", action = "reject" },
  expect = {},
}

test "an own client of FTP on the internet, and the replies to it" {
  flows  = flows { from = "10.0.1.5:50000", to = "192.0.2.7:21", reply = true },
  expect = {},
}
