rule {
  title    = "Host serves nobody and asks for nothing",
  severity = "info",
  description = "A host of the inventory whose interface was logged for most of a day, and that talked to nobody but"
    .. " monitoring and the like: it is paid for and not used.",
  controls = { "nist-800-53:CM-8", "pci-dss-4.0:2.2.4", "soc2:CC6.1" },
  params   = {
    least  = duration("20h", "how long its interface must have been logged"),
    except = network({}, "hosts that talk to everybody and do not count: monitoring, names, directories, backups"),
  },

  over     = inventory.addresses,
  where    = "accepted and src_peer not in $except and dst_peer not in $except",
  group_by = { "src_peer" },
  having   = "src_peer not in $except and flows == 0 and logged >= $least",
  finding  = "{src_peer} said nothing to anybody who counts in {logged}",
  remediation = "Find out whose it is, and end it if nobody needs it.",
}

test "only monitoring visits" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" } } },
  params = { except = "10.0.5.10", least = "5h" },
  flows  = flows { from = "10.0.5.10:40000", to = "10.0.1.5:9100", interface = "eni-a", every = "1m", count = 400,
                   reply = true },
  expect = { { group = { src_peer = "10.0.1.5" }, severity = "info" } },
}

test "it answers a client" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" } } },
  params = { except = "10.0.5.10", least = "5h" },
  flows  = flows { from = "10.0.9.9:40000", to = "10.0.1.5:443", interface = "eni-a", every = "1m", count = 400,
                   reply = true },
  expect = {},
}

test "its log is too short to tell" {
  policy = { inventory = { { address = "10.0.1.5", interface = "eni-a", vpc = "vpc-1", name = "web1" } } },
  params = { except = "10.0.5.10" },
  flows  = flows { from = "10.0.5.10:40000", to = "10.0.1.5:9100", interface = "eni-a", every = "1m", count = 90 },
  expect = {},
}
