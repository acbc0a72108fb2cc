rule {
  title    = "Interface carries nothing",
  severity = "info",
  description = "For most of a day an interface wrote only that there was no traffic, or that strangers were rejected:"
    .. " the instance or the gateway behind it may be forgotten, and is paid for.",
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

test "quiet all day" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                   every = "10m", count = 140 },
  expect = { { group = { interface_id = "eni-1" }, severity = "info", measures = { quiet = 140, used = 0 } } },
}

test "strangers that are rejected are no use" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                     every = "10m", count = 140 },
             flows { from = "192.0.2.5:40000", to = "10.0.2.9:23", interface = "eni-1", action = "reject" } },
  expect = { { group = { interface_id = "eni-1" } } },
}

test "one conversation at noon" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                     every = "10m", count = 140 },
             flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1" } },
  expect = {},
}

test "replies alone are use" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                     every = "10m", count = 140 },
             flows { from = "10.0.2.9:443", to = "10.0.1.5:40000", interface = "eni-1", flags = "SYN,ACK" } },
  expect = {},
}

test "quiet for an hour" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.9:443", interface = "eni-1", log_status = "NODATA",
                   every = "1m", count = 60 },
  expect = {},
}
