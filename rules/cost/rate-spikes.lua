rule {
  title    = "Own host sends all the time, with peaks",
  severity = "info",
  description = "A host whose rate lies above a level for most of its minutes and now and then far above it: a source"
    .. " at 1.4 Mbit/s with peaks of 6. Such hosts decide what a link, a NAT gateway or an instance must be paid for.",
  params   = {
    rate   = number("1M", "bits a second that count as always"),
    peak   = number("5M", "bits a second that count as a peak"),
    busy   = number(60, "minutes at that rate at least"),
    except = network({}, "hosts that may, such as backups and gateways"),
  },

  from     = "cost/minutes",
  where    = "src_peer not in $except",
  group_by = { "src_peer" },
  measure  = { minutes = count(), busy = count "sent * 8 >= $rate * 60", peaks = count "sent * 8 >= $peak * 60",
               most = max "sent", total = sum "sent" },
  value    = { usual = "(total * 8) / (minutes * 60)", highest = "(most * 8) / 60" },
  having   = "peaks >= 1 and peaks * 10 <= busy and busy >= $busy and busy * 2 >= minutes",
  finding  = "{src_peer} sends {usual} bits a second in {minutes} minutes, with {peaks} minutes of up to {highest}",
  remediation = "See what runs at the peaks: `flowlaw query` by minute shows the conversations. Spread it, or limit"
    .. " its rate.",
}

test "1.4 Mbit/s for three hours, and 6 for five minutes" {
  policy = { own = { "10.0.0.0/16" } },
  flows  = { flows { from = "10.0.2.5:40000", to = "10.0.9.9:4317", every = "1m", count = 180, duration = "59s",
                     bytes = 10500000, packets = 8000, vantage = "src" },
             flows { from = "10.0.2.5:40001", to = "10.0.9.9:4317", start = "2026-01-05T11:00:00Z", every = "1m",
                     count = 5, duration = "59s", bytes = 34500000, packets = 24000, vantage = "src" } },
  expect = { { group = { src_peer = "10.0.2.5" }, severity = "info",
               measures = { minutes = 180, busy = 180, peaks = 5 } } },
}

test "1.4 Mbit/s without peaks, and a backup that is all peak" {
  policy = { own = { "10.0.0.0/16" } },
  flows  = { flows { from = "10.0.2.5:40000", to = "10.0.9.9:4317", every = "1m", count = 180, duration = "59s",
                     bytes = 10500000, packets = 8000, vantage = "src" },
             flows { from = "10.0.2.6:40000", to = "10.0.9.9:443", every = "1m", count = 180, duration = "59s",
                     bytes = 450000000, packets = 300000, vantage = "src" } },
  expect = {},
}

test "what it is answered is not what it sends" {
  policy = { own = { "10.0.0.0/16" } },
  flows  = flows { from = "192.0.2.9:443", to = "10.0.2.5:40000", every = "1m", count = 180, duration = "59s",
                   bytes = 45000000, packets = 30000, flags = "SYN,ACK", vantage = "dst" },
  expect = {},
}
