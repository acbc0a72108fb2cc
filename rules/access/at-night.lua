local services = require "services"

rule {
  title    = "Own host administers others at night",
  severity = "info",
  signal   = true,
  description = "An own host opened an administration service of another outside business hours and was let in. Alone"
    .. " it is a long evening; c2/several-signs reads it.",
  params   = {
    service = service(services.admin, "services of administration"),
    opens   = number(7, "first hour of business"),
    closes  = number(20, "first hour after business"),
    except  = network({}, "bastions and deployment servers that may"),
  },

  where    = "initiated and accepted and service in $service and client in ours and client not in $except"
    .. " and server in ours and (hour < $opens or hour >= $closes or weekday in 6..7)",
  group_by = { "client" },
  window   = "1d",
  measure  = { host = first "client", servers = distinct "server" },
}
