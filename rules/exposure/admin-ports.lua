rule {
  title    = "Administration reached from the internet",
  severity = "high",
  description = "SSH, RDP, WinRM, VNC or Telnet of an own host, opened from the internet and let in.",
  controls = { "cis-aws-3.0:5.2", "pci-dss-4.0:1.4.2", "nist-800-53:AC-17" },
  attack   = { "T1133" },
  params   = {
    service = service({ "tcp/22", "tcp/23", "tcp/3389", "tcp/5900..5910", "tcp/5985..5986" },
                      "services of administration"),
    except  = network({}, "networks on the internet that may"),
  },

  where    = "client in internet and client not in $except and server in ours and service in $service",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { outcome = outcome() },
  having   = "outcome >= allowed",
  finding  = "{client} reached {service} of {server} from the internet, {outcome} ({flows} records, {bytes} bytes)",
  remediation = "Close the port to 0.0.0.0/0 and ::/0; use a bastion, a VPN or Session Manager.",
}
