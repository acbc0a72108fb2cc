rule {
  title    = "Flow records were skipped",
  severity = "low",
  description = "SKIPDATA lines: the platform lost records of this interface. What happened then cannot be audited.",
  controls = { "nist-800-53:AU-5", "pci-dss-4.0:10.7.2" },
  params   = { lines = number(1, "SKIPDATA lines that matter") },

  where    = "log_status == skipdata",
  group_by = { "interface_id" },
  measure  = { lines = count() },
  having   = "lines >= $lines",
  finding  = "{interface_id} has {lines} SKIPDATA lines: an unknown number of its flows is missing",
  remediation = "Shorten the aggregation interval to one minute, or split the load over more interfaces.",
}
