rule {
  title    = "Several weak signs speak of one own host",
  severity = "high",
  description = "Each of these happens on healthy hosts: a connection that stays open, a port of ill repute, an"
    .. " upload, administration at night, contacts that fail. On one host within a day, several kinds of them are more"
    .. " than chance.",
  controls = { "nist-800-53:SI-4", "nist-800-53:IR-4", "pci-dss-4.0:11.5.1.1", "soc2:CC7.2" },
  attack   = { "T1071", "T1571", "T1041" },
  params   = {
    signs  = number(3, "different signs that are several"),
    except = network({}, "own hosts that may"),
  },

  from     = { "c2/odd-ports", "c2/regular-calls", "exfil/sends-more", "access/at-night", "scan/failed-contacts" },
  where    = "host not in $except",
  group_by = { "host" },
  window   = "1d",
  measure  = { signs = distinct "rule", which = set("rule", 5) },
  having   = "signs >= $signs",
  finding  = "{host} shows {signs} signs within a day: {which}",
  remediation = "Isolate the host, keep its memory and disk, and look at each sign with `flowlaw explain`.",
}

test "an odd port, even intervals, and more sent than got" {
  flows  = flows { from = "10.0.1.5:40000..40039", to = "192.0.2.66:4444", every = "10m", packets = 2000,
                   bytes = 2500000,
                   reply = { packets = 900, bytes = 50000 }, start = "2026-01-05T01:00:00Z" },
  expect = { { group = { host = "10.0.1.5" }, severity = "high", measures = { signs = 3 } } },
}

test "one sign alone" {
  flows  = flows { from = "10.0.1.5:40000", to = "192.0.2.66:4444", reply = true },
  expect = {},
}

test "three signs of three hosts" {
  flows  = { flows { from = "10.0.1.5:40000", to = "192.0.2.66:4444", reply = true },
             flows { from = "10.0.1.6:40000", to = "192.0.2.67:443", bytes = 200000000, packets = 150000,
                     reply = { packets = 70000, bytes = 3000000 } },
             flows { from = "10.0.1.7:40000..40039", to = "192.0.2.68:443", every = "5m", reply = true } },
  expect = {},
}

test "an own server that answers such a client" {
  flows  = flows { from = "192.0.2.66:40000..40039", to = "10.0.1.5:4444", every = "10m", packets = 900, bytes = 50000,
                   reply = { packets = 2000, bytes = 2500000 }, start = "2026-01-05T01:00:00Z" },
  expect = {},
}
