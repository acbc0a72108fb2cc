local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Administration reached from the internet",
  severity = "high",
  description = "SSH, RDP, WinRM, VNC or Telnet of an own host, opened from the internet and let in.",
  controls = { "cis-aws-3.0:5.2", "pci-dss-4.0:1.4.2", "nist-800-53:AC-17", "soc2:CC6.6" },
  attack   = { "T1133" },
  service  = service(services.admin, "services of administration"),
  remediation = "Close the port to 0.0.0.0/0 and ::/0; use a bastion, a VPN or Session Manager.",
})

test "SSH that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:22", reply = true },
  expect = { { group = { server = "10.0.1.5", service = "tcp/22" }, severity = "high" } },
}

test "let in and not answered is one step lower" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:3389" },
  expect = { { group = { server = "10.0.1.5", service = "tcp/3389" }, severity = "medium" } },
}

test "many clients are one finding" {
  flows  = flows { from = "192.0.2.1..192.0.2.9:50000", to = "10.0.1.5:22", reply = true },
  expect = { { group = { server = "10.0.1.5", service = "tcp/22" }, occurrences = 9 } },
}

test "a blocked attempt is no exposure" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:22", action = "reject" },
  expect = {},
}

test "an excepted client may" {
  params = { except = "192.0.2.0/28" },
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:22", reply = true },
  expect = {},
}

test "the replies to an own client of SSH on the internet" {
  flows  = flows { from = "192.0.2.7:22", to = "10.0.1.5:50000", flags = "SYN,ACK" },
  expect = {},
}

test "a reply without flags to a port of a NAT gateway that happens to be 5900" {
  flows  = flows { from = "192.0.2.7:443", to = "10.0.1.5:5900", log = "v2" },
  expect = {},
}
