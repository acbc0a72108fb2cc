rule {
  title    = "Interface of the inventory writes no log",
  severity = "medium",
  description = "The inventory has the interface and the log does not, while others of its VPC wrote: the flow log"
    .. " does not cover it, or stopped. What such an interface sees cannot be audited.",
  controls = { "cis-aws-3.0:3.7", "pci-dss-4.0:10.2.1", "nist-800-53:AU-12", "soc2:CC7.2" },
  attack   = { "T1562.008" },
  params   = { least = duration("1h", "time of interfaces of its VPC that must have been logged") },

  over     = inventory.interfaces,
  group_by = { "interface_id" },
  having   = "logged == 0s and vpc_logged >= $least",
  finding  = "{interface_id} wrote no line, while other interfaces of its VPC did",
  remediation = "Create the flow log on the VPC or subnet, so that new interfaces are covered; correct the inventory"
    .. " if the interface is gone.",
}

test "an interface that never wrote" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" },
                           { address = "10.0.1.6", interface = "eni-b", vpc = "vpc-1", name = "web2" } } },
  flows  = flows { from = "10.0.9.9:40000", to = "10.0.1.5:443", interface = "eni-a", vpc = "vpc-1", every = "1m",
                   count = 90 },
  expect = { { group = { interface_id = "eni-b" }, severity = "medium" } },
}

test "all wrote, one of them only that nothing passed" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" },
                           { address = "10.0.1.6", interface = "eni-b", vpc = "vpc-1", name = "web2" } } },
  flows  = { flows { from = "10.0.9.9:40000", to = "10.0.1.5:443", interface = "eni-a", vpc = "vpc-1", every = "1m",
                     count = 90 },
             flows { from = "10.0.9.9:40000", to = "10.0.1.6:443", interface = "eni-b", vpc = "vpc-1",
                     log_status = "NODATA" } },
  expect = {},
}

test "replies alone are lines as well" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" } } },
  flows  = flows { from = "10.0.1.5:443", to = "10.0.9.9:40000", interface = "eni-a", vpc = "vpc-1", vantage = "src",
                   flags = "SYN,ACK", every = "1m", count = 90 },
  expect = {},
}
