-- The law of rules about services that own hosts seldom need of the internet: one was opened and answered. A rule says
-- which `service`, and in `except` and `servers` which clients and which servers it is that may be named.
return function(own)
  own.params   = { service = own.service, except = network({}, own.except), servers = network({}, own.servers) }
  own.service, own.except, own.servers = nil, nil, nil
  own.where    = "client in ours and client not in $except and server in internet and server not in $servers"
    .. " and service in $service and initiated is not null"
  own.group_by = { "client", "server", "service" }
  own.identity = { "client", "service" }
  own.measure  = { outcome = outcome() }
  own.having   = "outcome == answered"
  return own
end
