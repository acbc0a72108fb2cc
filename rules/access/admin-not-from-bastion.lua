local services = require "services"

rule {
  title    = "Administration that does not come from the bastion",
  severity = "medium",
  description = "SSH, RDP, WinRM, VNC or Telnet between own hosts that the bastion did not open. Sessions past the"
    .. " bastion are not recorded, and they are how an intruder moves on.",
  controls = { "pci-dss-4.0:1.3.1", "pci-dss-4.0:8.4.2", "nist-800-53:AC-17", "soc2:CC6.1" },
  attack   = { "T1021" },
  params   = {
    bastion = network("bastion", "where administration comes from"),
    except  = network({}, "others that may, such as a deployment server"),
    servers = network("ours", "the servers that this is about"),
    service = service(services.admin, "services of administration"),
  },

  where    = "client in ours and client not in $bastion and client not in $except and server in $servers"
    .. " and service in $service and initiated is not null",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} administers {server} on {service}, {outcome}, not through {$bastion} ({flows} records)",
  remediation = "Admit the bastion's security group only, and take the key or password that was used out of service.",
}

test "SSH from a web server to an app server" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:22", reply = true },
  expect = { { group = { server = "10.0.2.9", service = "tcp/22" }, severity = "medium" } },
}

test "SSH from the bastion" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = flows { from = "10.0.3.10:40000", to = "10.0.2.9:22", reply = true },
  expect = {},
}

test "SSH into the bastion from outside is another rule's" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = flows { from = "192.0.2.3:40000", to = "10.0.3.10:22", reply = true },
  expect = {},
}

test "replies of a server to the bastion" {
  policy = { networks = { bastion = "10.0.3.10" } },
  flows  = flows { from = "10.0.2.9:22", to = "10.0.3.10:40000", flags = "SYN,ACK" },
  expect = {},
}
