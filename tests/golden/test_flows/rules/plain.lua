-- What every log has.
rule {
  title    = "a record",
  severity = "info",
  group_by = { "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "version", "bytes" },
  finding  = "{srcaddr} {dstaddr}",
}

test "logs of version 2 and of a transit gateway" {
  flows  = {
    flows { from = "10.0.1.5:5000", to = "10.0.9.9:22", log = "v2" },
    flows { from = "10.0.1.5:5000", to = "10.1.9.9:22", log = "tgw", tgw_id = "tgw-1", packets_lost_no_route = 3 },
  },
  expect = {
    { group = { version = 2, dstaddr = "10.0.9.9" } },
    { group = { version = 6, dstaddr = "10.1.9.9" } },
  },
}

test "a fixture beside flows" {
  flows  = { file "fixtures/two.log", flows { from = "10.0.1.5:5000", to = "10.0.9.9:22" } },
  expect = { { group = { srcaddr = "10.0.0.1" }, bytes = 840 }, { group = { srcaddr = "10.0.0.3" } }, { bytes = 1000 } },
}
