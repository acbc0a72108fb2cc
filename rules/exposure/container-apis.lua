local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Container control plane reached from the internet",
  severity = "critical",
  description = "The API of Docker, Swarm, etcd, Kubernetes or a kubelet, opened from the internet and let in. Who"
    .. " controls it controls every workload behind it.",
  controls = { "pci-dss-4.0:1.4.2", "nist-800-53:SC-7", "nist-800-53:AC-3", "soc2:CC6.6" },
  attack   = { "T1133", "T1609", "T1613" },
  service  = service(services.containers, "APIs that control containers"),
  remediation = "Bind the API to a private address, demand client certificates, and admit administrators' networks"
    .. " only.",
})

test "a Docker socket that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.4.5:2375", reply = true },
  expect = { { group = { server = "10.0.4.5", service = "tcp/2375" }, severity = "critical" } },
}

test "pods reach their kubelet" {
  flows  = flows { from = "10.0.4.9:50000", to = "10.0.4.5:10250", reply = true },
  expect = {},
}

test "the replies of a cluster elsewhere" {
  flows  = flows { from = "192.0.2.7:6443", to = "10.0.4.5:50000", flags = "SYN,ACK" },
  expect = {},
}
