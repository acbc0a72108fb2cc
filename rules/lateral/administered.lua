local services = require "services"

rule {
  title    = "Own host was administered",
  severity = "info",
  signal   = true,
  description = "Somebody opened an administration service of an own host and was let in, for lateral/relay.",
  params   = {
    service = service(services.admin, "services of administration"),
    except  = network({}, "bastions and deployment servers"),
  },

  where    = "initiated and accepted and server in ours and server not in $except and service in $service",
  group_by = { "server" },
  measure  = { host = first "server", peers = set("client", 3), times = count() },
}
