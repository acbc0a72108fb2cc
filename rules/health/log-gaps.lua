rule {
  title    = "Flow records were skipped",
  severity = "low",
  description = "Several SKIPDATA lines of one interface within an hour: the platform lost records of it. What"
    .. " happened then cannot be audited. A single line happens to busy interfaces; the summary of an audit counts"
    .. " every one.",
  controls = { "nist-800-53:AU-5", "pci-dss-4.0:10.7.2", "soc2:CC7.2" },
  attack   = { "T1562.008" },
  params   = {
    lines  = number(3, "SKIPDATA lines that matter"),
    window = duration("1h", "within which time"),
  },

  where    = "log_status == skipdata",
  group_by = { "interface_id" },
  window   = "$window",
  measure  = { lines = count() },
  having   = "lines >= $lines",
  finding  = "an unknown number of flows of {interface_id} is missing: {lines} SKIPDATA within {$window}",
  remediation = "Shorten the aggregation interval to one minute, or split the load over more interfaces.",
}

test "four lost windows in an hour" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "SKIPDATA",
                   every = "10m", count = 4 },
  expect = { { group = { interface_id = "eni-1" }, severity = "low", measures = { lines = 4 } } },
}

test "one lost window" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "SKIPDATA" },
  expect = {},
}

test "quiet windows, and replies that were logged" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                     every = "10m", count = 4 },
             flows { from = "10.0.2.9:443", to = "10.0.1.5:40000", interface = "eni-1", flags = "SYN,ACK" } },
  expect = {},
}
