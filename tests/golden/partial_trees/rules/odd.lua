rule {
  title    = "Chosen by code",
  severity = "low",
  where    = "protocol == udp",
  identity = { "dstport" },
  fields   = { "srcport", "dstport" },
  on_flow  = function(flow) return flow.srcport % 2 == 1 end,
  finding  = "{dstport}: {flows}",
}
