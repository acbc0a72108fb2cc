rule {
  title    = "Transit gateway drops packets",
  severity = "medium",
  description = "Packets that a transit gateway could not forward: no route, a blackhole, too large, or gone round in"
    .. " circles.",
  controls = { "nist-800-53:SI-4", "nist-800-53:SC-7", "soc2:A1.1" },
  params   = {
    packets = number(100, "lost packets that matter"),
    window  = duration("1h", "within which time"),
  },

  where    = "packets_lost_no_route > 0 or packets_lost_blackhole > 0 or packets_lost_mtu_exceeded > 0"
    .. " or packets_lost_ttl_expired > 0",
  group_by = { "tgw_attachment_id" },
  window   = "$window",
  measure  = { no_route = sum "packets_lost_no_route", blackhole = sum "packets_lost_blackhole",
               too_large = sum "packets_lost_mtu_exceeded", expired = sum "packets_lost_ttl_expired",
               towards = top("dst_peer", 3) },
  having   = "no_route + blackhole + too_large + expired >= $packets",
  finding  = "{tgw_attachment_id} lost packets within {$window}: {no_route} no route, {blackhole} blackhole,"
    .. " {too_large} too large, {expired} expired; towards {towards}",
  remediation = "Correct the route table of the attachment; for packets that are too large, the MTU at the ends.",
}

test "no route" {
  flows  = flows { from = "10.1.2.5:40000", to = "172.20.9.9:443", log = "tgw", tgw_attachment_id = "tgw-attach-1",
                   packets_lost_no_route = 200, every = "1m", count = 3 },
  expect = { { group = { tgw_attachment_id = "tgw-attach-1" }, severity = "medium", measures = { no_route = 600 } } },
}

test "nothing lost" {
  flows  = flows { from = "10.1.2.5:40000", to = "172.20.9.9:443", log = "tgw", tgw_attachment_id = "tgw-attach-1",
                   packets_lost_no_route = 0, every = "1m", count = 3, reply = true },
  expect = {},
}
