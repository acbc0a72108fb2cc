-- The law that most rules of this family state: a service of an own host was opened from the internet and let in. A
-- rule says which `service`, how bad that is and what to do; what reads differently there stays as the rule has it.
return function(own)
  own.params = {
    service    = own.service,
    except     = network({}, "networks on the internet that may"),
    gateways   = network({}, "own NAT gateways: they log as accepted what they drop"),
    unanswered = flag(true, "report also what was let in and not answered, one step lower"),
  }
  own.service  = nil
  own.where    = "client in internet and client not in $except and server in ours and server not in $gateways"
    .. " and service in $service and initiated is not null"
  own.group_by = { "client", "server", "service" }
  own.identity = { "server", "service" }
  own.measure  = { outcome = outcome() }
  own.having   = "outcome >= allowed and ($unanswered or outcome == answered)"
  own.finding  = own.finding
    or "{client} reached {service} of {server} from the internet, {outcome} ({flows} records, {bytes} bytes)"
  return own
end
