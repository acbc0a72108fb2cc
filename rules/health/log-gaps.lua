rule {
  title    = "Flow records were skipped",
  severity = "low",
  description = "Several SKIPDATA lines of one interface within an hour: the platform lost records of it. What happened then"
    .. " cannot be audited. A single line happens to busy interfaces; the summary of an audit counts every one.",
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
