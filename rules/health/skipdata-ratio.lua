rule {
  title    = "Much of an interface's log is missing",
  severity = "medium",
  description = "The share of SKIPDATA among the lines of one interface. Above it, absence of findings about this"
    .. " interface proves nothing.",
  controls = { "nist-800-53:AU-5", "pci-dss-4.0:10.7.2", "soc2:CC7.2" },
  attack   = { "T1562.008" },
  params   = {
    share = number("5%", "share of lines from which on an interface counts as blind"),
    lines = number(3, "SKIPDATA lines at least"),
  },

  where    = "log_status in {ok, nodata, skipdata}",
  group_by = { "interface_id" },
  window   = "1d",
  measure  = { share = ratio("log_status == skipdata", "log_status in {ok, nodata, skipdata}"),
               lines = count "log_status == skipdata" },
  having   = "share >= $share and lines >= $lines",
  finding  = "{interface_id}: {lines} of {flows} lines of a day are SKIPDATA (a share of {share})",
  remediation = "Shorten the aggregation interval to one minute, or split the load over more interfaces.",
}

test "a tenth of the lines" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", every = "1m", count = 36 },
             flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "SKIPDATA",
                     every = "10m", count = 4 } },
  expect = { { group = { interface_id = "eni-1" }, severity = "medium", measures = { lines = 4 } } },
}

test "one line of forty" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", every = "1m", count = 39 },
             flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "SKIPDATA" } },
  expect = {},
}

test "quiet windows, and replies that were logged" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                     every = "10m", count = 4 },
             flows { from = "10.0.2.9:443", to = "10.0.1.5:40000", interface = "eni-1", flags = "SYN,ACK" } },
  expect = {},
}
