rule {
  title    = "Rejected traffic concentrates on one host",
  severity = "low",
  description = "Many blocked attempts against one own host within an hour, by clients that come back. Background"
    .. " noise of the internet is spread thin, a packet or two from each; a hot spot is a scan, a wrong rule or a"
    .. " broken client.",
  controls = { "nist-800-53:SI-4", "pci-dss-4.0:10.4.1", "soc2:CC7.2" },
  attack   = { "T1595" },
  params   = {
    attempts = number(100, "blocked attempts that make a hot spot"),
    each     = number(3, "attempts of one client, on average, that are no noise"),
    window   = duration("1h", "within which time"),
    except   = network({}, "clients whose attempts are expected, such as a scanner of yours"),
  },

  where    = "reject_kind == attempt and server in ours and client not in $except",
  group_by = { "server" },
  window   = "$window",
  measure  = {
    attempts = count(),
    clients  = distinct "client",
    services = top("service", 3),
    who      = top("client", 2),
  },
  having   = "attempts >= $attempts and attempts >= clients * $each",
  finding  = "{attempts} blocked attempts against {server} within {$window}, most by {who}, most on {services}",
  remediation = "If the clients are yours, fix the rule or the client; if not, block them where they enter.",
}

test "a client that does not give up" {
  flows  = flows { from = "172.20.1.9:40000..40149", to = "10.0.2.22:8443", every = "20s", action = "reject" },
  expect = { { group = { server = "10.0.2.22" }, severity = "low", measures = { attempts = 150, clients = 1 } } },
}

test "the same over ten hours" {
  flows  = flows { from = "172.20.1.9:40000..40149", to = "10.0.2.22:8443", every = "4m", action = "reject" },
  expect = {},
}

test "a packet each from many strangers" {
  flows  = flows { from = "192.0.2.1..192.0.2.200:40000", to = "10.0.2.22:23", every = "10s", action = "reject" },
  expect = {},
}

test "rejected replies are no attempts" {
  flows  = flows { from = "10.0.2.22:443", to = "10.0.2.23:40000..40149", every = "20s", action = "reject",
                   flags = "SYN,ACK" },
  expect = {},
}
