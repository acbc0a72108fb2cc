-- The law of one own host that opens a service on many others and is let in. A rule says which `service`, and in
-- `except` which clients it is that may.
return function(own)
  own.params   = {
    service = own.service,
    hosts   = number(10, "different hosts that are many"),
    window  = duration("1h", "within which time"),
    except  = network({}, own.except),
  }
  own.service, own.except = nil, nil
  own.where    = "initiated and accepted and client in ours and client not in $except and server in ours"
    .. " and service in $service"
  own.group_by = { "client" }
  own.window   = "$window"
  own.measure  = { hosts = distinct "server", services = top("service", 3), some = set("server", 3) }
  own.having   = "hosts >= $hosts"
  own.finding  = "{client} opened {services} on {hosts} own hosts within {$window}, among them {some}"
  return own
end
