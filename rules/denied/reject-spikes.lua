rule {
  title    = "Rejected attempts spike",
  severity = "low",
  description = "In one five minutes an interface rejected many times what it usually does: a scan, a flood, or a"
    .. " deployment that broke a rule. The usual is the mean of all other five minutes of the log, quiet ones"
    .. " included.",
  controls = { "nist-800-53:SI-4(11)", "pci-dss-4.0:10.4.1", "soc2:CC7.2" },
  attack   = { "T1595", "T1498" },
  params   = {
    attempts = number(200, "attempts in five minutes that matter"),
    times    = number(10, "how many times the usual"),
    least    = duration("1h", "how much log tells what is usual"),
  },

  from     = "denied/five-minutes",
  group_by = { "interface_id" },
  measure  = { peak = max "attempts", total = sum "attempts", clients = max "clients" },
  value    = { usual = "(total - peak) * (5m / (observed - 5m))" },
  having   = "peak >= $attempts and peak >= usual * $times and observed >= $least",
  finding  = "{interface_id} rejected {peak} attempts in five minutes; usual are {usual}",
  remediation = "Look at the clients and services of that time: `flowlaw explain` shows the records.",
}

test "four hundred in five minutes, one a minute before" {
  flows  = { flows { from = "192.0.2.1..192.0.2.100:40000", to = "10.0.1.5:23", every = "1m", action = "reject",
                     interface = "eni-1" },
             flows { from = "192.0.2.1..192.0.2.200:40001..40002", to = "10.0.1.5:443", start = "2026-01-05T11:40:00Z",
                     every = "500ms", action = "reject", interface = "eni-1" } },
  expect = { { group = { interface_id = "eni-1" }, severity = "low" } },
}

test "always many" {
  flows  = flows { from = "192.0.2.1..192.0.2.250:40001..40020", to = "10.0.1.5:23", every = "1s", action = "reject",
                   interface = "eni-1" },
  expect = {},
}

test "rejected replies" {
  flows  = { flows { from = "192.0.2.1..192.0.2.100:40000", to = "10.0.1.5:23", every = "1m", action = "reject",
                     interface = "eni-1" },
             flows { from = "10.0.1.5:443", to = "192.0.2.1..192.0.2.200:40001..40002", start = "2026-01-05T11:40:00Z",
                     every = "500ms", action = "reject", flags = "SYN,ACK", interface = "eni-1" } },
  expect = {},
}
