rule {
  title    = "Interface carries nothing",
  severity = "info",
  description = "For most of a day an interface wrote only that there was no traffic, or that strangers were rejected: the"
    .. " instance or the gateway behind it may be forgotten, and is paid for.",
  controls = { "nist-800-53:CM-8", "pci-dss-4.0:2.2.4", "soc2:CC6.1" },
  params   = {
    lasts = duration("20h", "how long the log must have watched it"),
    lines = number(20, "lines without traffic that it must have"),
    few   = number(0, "accepted records that still count as nothing"),
  },

  where    = "log_status in {ok, nodata}",
  group_by = { "interface_id" },
  measure  = { quiet = count "log_status == nodata", used = count "accepted" },
  having   = "quiet >= $lines and used <= $few and last_seen - first_seen >= $lasts",
  finding  = "{interface_id} carried nothing from {first_seen} to {last_seen} ({quiet} lines say so)",
  remediation = "Find out whose it is, and end it if nobody needs it.",
}
