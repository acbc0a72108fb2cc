rule {
  title    = "Own host uses a port of ill repute",
  severity = "info",
  signal   = true,
  description = "An own host was answered by the internet on a port that remote controls, miners or anonymising"
    .. " networks use by habit. Alone it may be chance; c2/several-signs reads it.",
  params   = {
    service = service({ "tcp/1080", "tcp/3333", "tcp/4444..4445", "tcp/5555", "tcp/6660..6669", "tcp/9001", "tcp/9030",
                        "tcp/9050..9051", "tcp/9150", "tcp/14444", "tcp/31337" }, "ports of ill repute"),
    except  = network({}, "own hosts that may, and the NAT gateways that stand for others"),
    servers = network({}, "places on the internet that are known"),
  },

  where    = "accepted and service in $service and client in ours and client not in $except and server in internet"
    .. " and server not in $servers and initiated is not null",
  group_by = { "client", "server", "service" },
  window   = "1d",
  measure  = { host = first "client", outcome = outcome() },
  having   = "outcome == answered",
}
