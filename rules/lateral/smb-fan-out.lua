local services = require "services"

rule {
  title    = "Own host opens file sharing or RPC on many others",
  severity = "high",
  description = "SMB, NetBIOS or RPC from one own host to many within an hour, and let in. Clients use a few file"
    .. " servers and directories; worms use everything.",
  controls = { "nist-800-53:SI-4", "nist-800-53:SC-7", "pci-dss-4.0:11.5.1", "soc2:CC6.8" },
  attack   = { "T1021.002", "T1570" },
  params   = {
    service = service(services.smb_rpc, "SMB, NetBIOS and RPC"),
    hosts   = number(10, "different hosts that are many"),
    window  = duration("1h", "within which time"),
    except  = network({}, "directories, backup and management servers that may"),
  },

  where    = "initiated and accepted and client in ours and client not in $except and server in ours"
    .. " and service in $service",
  group_by = { "client" },
  window   = "$window",
  measure  = { hosts = distinct "server", services = top("service", 3), some = set("server", 3) },
  having   = "hosts >= $hosts",
  finding  = "{client} opened {services} on {hosts} own hosts within {$window}, among them {some}",
  remediation = "Isolate the host; block these services between hosts that do not serve files.",
}

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
