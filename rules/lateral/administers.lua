local services = require "services"

rule {
  title    = "Own host administers another",
  severity = "info",
  signal   = true,
  description = "An own host opened an administration service of another own host and was let in, for lateral/relay.",
  params   = {
    service = service(services.admin, "services of administration"),
    except  = network({}, "bastions and deployment servers"),
  },

  where    = "initiated and accepted and client in ours and client not in $except and server in ours"
    .. " and service in $service",
  group_by = { "client" },
  measure  = { host = first "client", peers = set("server", 3), times = count() },
}
