local services = require "services"
local to_internet = require "_to_internet"

rule(to_internet {
  title    = "Own host administers a host on the internet",
  severity = "low",
  description = "SSH, RDP, WinRM, VNC or Telnet from an own host to the internet, answered. Servers seldom need it,"
    .. " and a session outward can carry a tunnel inward.",
  controls = { "nist-800-53:SC-7(5)", "nist-800-53:AC-17", "pci-dss-4.0:1.3.2", "soc2:CC6.7" },
  attack   = { "T1021", "T1572" },
  service  = service(services.admin, "services of administration"),
  except   = "own hosts that may, such as build servers that fetch code",
  servers  = "hosts on the internet that are known, such as a code host",
  finding  = "{client} keeps {service} to {server} ({flows} records, {bytes} bytes)",
  remediation = "Deny these services outward except to known hosts.",
})

test "SSH to a stranger" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.5:22", reply = true },
  expect = { { group = { client = "10.0.1.5", service = "tcp/22" }, severity = "low" } },
}

test "the code host is known" {
  params = { servers = "192.0.2.0/24" },
  flows  = flows { from = "10.0.7.5:40000", to = "192.0.2.5:22", reply = true },
  expect = {},
}

test "an own host answers an administrator on the internet" {
  flows  = flows { from = "192.0.2.5:40000", to = "10.0.1.5:22", reply = true },
  expect = {},
}
