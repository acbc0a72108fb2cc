rule {
  title    = "The internet knocks very often",
  severity = "info",
  description = "Blocked attempts from the internet against one own address in a day, when they are far more than the"
    .. " usual noise. Nothing got through; it tells what is looked for, and whether an address needs to be public.",
  controls = { "nist-800-53:SC-7", "nist-800-53:SI-4(4)", "soc2:CC6.6" },
  attack   = { "T1595.001" },
  params   = { attempts = number("20k", "blocked attempts in a day that are far more than usual") },

  where    = "reject_kind == attempt and client in internet and server in ours",
  group_by = { "server" },
  window   = "1d",
  measure  = { attempts = count(), clients = distinct "client", services = top("service", 5) },
  having   = "attempts >= $attempts",
  finding  = "{attempts} attempts of {clients} strangers against {server} were blocked in a day, most on {services}",
  remediation = "None is urgent. Take the public address away if nobody needs it.",
}

test "many strangers, many attempts" {
  params = { attempts = 200 },
  flows  = flows { from = "192.0.2.1..192.0.2.250:40000", to = "10.0.2.22:23", every = "1m", action = "reject" },
  expect = { { group = { server = "10.0.2.22" }, severity = "info", measures = { attempts = 250, clients = 250 } } },
}

test "the usual noise" {
  flows  = flows { from = "192.0.2.1..192.0.2.250:40000", to = "10.0.2.22:23", every = "1m", action = "reject" },
  expect = {},
}

test "own hosts that are blocked are another rule's" {
  params = { attempts = 200 },
  flows  = flows { from = "10.0.1.1..10.0.1.250:40000", to = "10.0.2.22:23", every = "1m", action = "reject" },
  expect = {},
}

test "rejected replies of strangers" {
  params = { attempts = 200 },
  flows  = flows { from = "192.0.2.1..192.0.2.250:443", to = "10.0.2.22:40000", every = "1m", action = "reject",
                   flags = "SYN,ACK" },
  expect = {},
}
