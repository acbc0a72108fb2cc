rule {
  title    = "Own host calls the internet as by a clock",
  severity = "info",
  signal   = true,
  description = "An own host opens one connection after another to the same place on the internet, at even intervals"
    .. " and over hours. Agents and updates do that as well: c2/beacon and c2/several-signs read it.",
  params   = {
    calls   = number(12, "calls that are needed to tell"),
    jitter  = number("20%", "standard deviation of the intervals over their mean, at most"),
    hours   = number(2, "different hours in which it called"),
    except  = network({}, "own hosts that may, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that are known"),
  },

  where    = "initiated and accepted and client in ours and client not in $except and server in internet"
    .. " and server not in $servers and protocol in {tcp, udp} and service not in {udp/53, tcp/53, udp/123}",
  group_by = { "client", "server", "service" },
  window   = "1d",
  measure  = { host = first "client", i = intervals "1m", h = hours(), calls = connections() },
  value    = { every = "i.mean" },
  having   = "i.count >= $calls and i.cv <= $jitter and calls >= $calls and calls * 2 >= i.count"
    .. " and h.active >= $hours",
}
