local services = require "services"
local fan_out = require "_fan_out"

rule(fan_out {
  title    = "Own host administers many others",
  severity = "medium",
  description = "SSH, RDP, WinRM, VNC or Telnet from one own host to many within an hour. A bastion or a deployment"
    .. " server does that; any other host that does is being used to move on.",
  controls = { "nist-800-53:AC-17", "nist-800-53:SI-4", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1021" },
  service  = service(services.admin, "services of administration"),
  except   = "bastions and deployment servers that may",
  remediation = "Find out who is on the host; allow administration from the bastion only.",
})

test "SSH to fifteen hosts" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.15:22", every = "1m", reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "medium", measures = { hosts = 15 } } },
}

test "SSH to three hosts" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.3:22", every = "1m", reply = true },
  expect = {},
}

test "the bastion may" {
  params = { except = "10.0.3.10" },
  flows  = flows { from = "10.0.3.10:40000", to = "10.0.2.1..10.0.2.15:22", every = "1m", reply = true },
  expect = {},
}

test "a host that answers fifteen administrators" {
  flows  = flows { from = "10.0.2.1..10.0.2.15:40000", to = "10.0.1.5:22", every = "1m", reply = true },
  expect = {},
}
