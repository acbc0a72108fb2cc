local services = require "services"
local fan_out = require "_fan_out"

rule(fan_out {
  title    = "Own host opens file sharing or RPC on many others",
  severity = "high",
  description = "SMB, NetBIOS or RPC from one own host to many within an hour, and let in. Clients use a few file"
    .. " servers and directories; worms use everything.",
  controls = { "nist-800-53:SI-4", "nist-800-53:SC-7", "pci-dss-4.0:11.5.1", "soc2:CC6.8" },
  attack   = { "T1021.002", "T1570" },
  service  = service(services.smb_rpc, "SMB, NetBIOS and RPC"),
  except   = "directories, backup and management servers that may",
  remediation = "Isolate the host; block these services between hosts that do not serve files.",
})

test "SMB to fifteen hosts" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.15:445", every = "1m", reply = true },
  expect = { { group = { client = "10.0.1.5" }, severity = "high", measures = { hosts = 15 } } },
}

test "a client of two directories" {
  flows  = flows { from = "10.0.1.5:40001..40020", to = "10.0.6.1..10.0.6.2:445", every = "1m", reply = true },
  expect = {},
}

test "a file server that answers fifteen clients" {
  flows  = flows { from = "10.0.2.1..10.0.2.15:40000", to = "10.0.6.1:445", every = "1m", reply = true },
  expect = {},
}
