local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Windows file sharing or RPC reached from the internet",
  severity = "critical",
  description = "SMB, NetBIOS or RPC of an own host, opened from the internet and let in. Worms spread over these"
    .. " ports.",
  controls = { "pci-dss-4.0:1.4.2", "nist-800-53:SC-7", "nist-800-53:CM-7", "soc2:CC6.6" },
  attack   = { "T1190", "T1021.002" },
  service  = service(services.smb_rpc, "SMB, NetBIOS and RPC"),
  remediation = "Close the ports to the internet; share files over a VPN or a service made for it.",
})

test "SMB that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:445", reply = true },
  expect = { { group = { server = "10.0.1.5", service = "tcp/445" }, severity = "critical" } },
}

test "a blocked attempt is no exposure" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.1.5:445", action = "reject" },
  expect = {},
}

test "the replies of a file server on the internet" {
  flows  = flows { from = "192.0.2.7:445", to = "10.0.1.5:50000", flags = "SYN,ACK" },
  expect = {},
}
