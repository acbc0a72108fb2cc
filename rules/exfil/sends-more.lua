rule {
  title    = "Own host sends more than it gets",
  severity = "info",
  signal   = true,
  description = "In a day an own host sent one place on the internet ten times what it got from there. Alone it is an"
    .. " upload; c2/several-signs reads it.",
  params   = {
    bytes   = number("50M", "bytes sent that count"),
    times   = number(10, "how many times what it got"),
    except  = network({}, "own hosts that may, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that may receive much"),
  },

  where    = "accepted and client in ours and client not in $except and server in internet and server not in $servers"
    .. " and initiated is not null",
  group_by = { "client", "server" },
  window   = "1d",
  measure  = { host = first "client", sent = sum("bytes", "initiated"), got = sum("bytes", "not initiated"),
               endpoint = via_endpoint() },
  having   = "sent >= $bytes and sent >= got * $times and (endpoint is null or endpoint == false)",
}
