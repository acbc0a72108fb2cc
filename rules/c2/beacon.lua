rule {
  title    = "Own host calls home",
  severity = "medium",
  description = "One own host, and no other, opens connections to one place on the internet at even intervals for"
    .. " hours: the shape of malware that asks for orders, and of a single agent that nobody named yet.",
  controls = { "nist-800-53:SI-4(4)", "nist-800-53:SC-7", "pci-dss-4.0:11.5.1.1", "soc2:CC6.8" },
  attack   = { "T1071", "T1029" },
  params   = { except = network({}, "own hosts that may") },

  from     = "c2/lonely-places",
  where    = "host not in $except",
  group_by = { "host" },
  measure  = { places = set("server", 3), services = set("service", 3), calls = max "calls", every = max "every" },
  finding  = "{host} alone calls {places} on {services} every {every}, {calls} times in a day",
  remediation = "Find the process that calls; name the place in `servers` of c2/regular-calls if it is known.",
}

test "a call every five minutes" {
  flows  = flows { from = "10.0.1.5:40000..40049", to = "192.0.2.66:443", every = "5m", packets = 8, bytes = 900,
                   reply = true },
  expect = { { group = { host = "10.0.1.5" }, severity = "medium" } },
}

test "three hosts with the same agent" {
  flows  = flows { from = { "10.0.1.5:40000..40049", "10.0.1.6:40000..40049", "10.0.1.7:40000..40049" },
                   to = "192.0.2.66:443", every = "5m", packets = 8, bytes = 900, reply = true },
  expect = {},
}

test "one connection that lives all day" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.66:443", every = "5m", count = 50, flags = false,
                   reply = true },
  expect = {},
}

test "calls now and then" {
  flows  = { flows { from = "10.0.1.5:40000..40019", to = "192.0.2.66:443", every = "5m", reply = true },
             flows { from = "10.0.1.5:41000..41019", to = "192.0.2.66:443", every = "13m", reply = true,
                     start = "2026-01-05T14:03:00Z" } },
  expect = {},
}

test "a client on the internet that calls as by a clock, and the replies to it" {
  flows  = flows { from = "192.0.2.66:40000..40049", to = "10.0.1.5:443", every = "5m", reply = true },
  expect = {},
}
