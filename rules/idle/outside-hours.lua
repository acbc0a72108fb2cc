rule {
  title    = "Host that nobody uses outside business hours",
  severity = "info",
  description = "For hours of every day nobody but monitoring and the like talked to an interface, or it to anybody:"
    .. " what stands behind it could be switched off then. The longer the log, the surer: a day tells little, two"
    .. " weeks tell much.",
  controls = { "nist-800-53:CM-8", "soc2:A1.1" },
  params   = {
    quiet  = number(8, "hours in a row without use, every day of the log"),
    used   = number(6, "different hours of use at least: what is used less is not understood"),
    least  = duration("5d", "how much log an answer needs"),
    except = network({}, "hosts that talk to everybody and do not count: monitoring, names, directories, backups"),
  },

  where    = "accepted and interface_id is not null and src_peer not in $except and dst_peer not in $except"
    .. " and src_peer not in platform and dst_peer not in platform",
  group_by = { "interface_id" },
  measure  = { h = hours(), who = set("dst_peer", 2) },
  value    = { quiet = "h.quiet", begins = "h.quiet_from", ends = "h.quiet_to", days = "h.days",
               weekend = "h.weekend" },
  having   = "quiet >= $quiet and h.active >= $used and observed >= $least",
  finding  = "{interface_id} is not used from {begins}:00 to {ends}:00, {quiet} hours of every day",
  on_group = function(group)
    local weekly = 7 * group.quiet
    local schedule = ("off from %d:00 to %d:00"):format(group.begins, group.ends)
    if group.days >= 5 and group.weekend == 0 then
      weekly = 5 * group.quiet + 48
      schedule = schedule .. ", and on Saturday and Sunday"
    end
    return {
      message = ("%s is not used at night: %s would save %d of 168 hours a week"):format(group.interface_id,
                                                                                         schedule, weekly),
      schedule = schedule,
      hours_a_week = weekly,
    }
  end,
  remediation = "Stop it by a schedule, and name what must reach it at night in `except` if it need not.",
}

test "used round the clock" {
  params = { least = "6d" },
  flows  = flows { from = "10.0.1.5:40000..40167", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                   start = "2026-01-05T00:00:00Z", reply = true },
  expect = {},
}

test "used from nine to five, every day of a week" {
  params = { least = "6d" },
  flows  = { flows { from = "10.0.1.5:40000..40008", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                     start = "2026-01-05T09:00:00Z", reply = true },
             flows { from = "10.0.1.5:40000..40008", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                     start = "2026-01-08T09:00:00Z", reply = true },
             flows { from = "10.0.1.5:40000..40008", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                     start = "2026-01-11T09:00:00Z", reply = true } },
  expect = { { group = { interface_id = "eni-1" }, severity = "info" } },
}

test "monitoring at night does not count" {
  params = { least = "20h", except = "10.0.5.10" },
  flows  = { flows { from = "10.0.1.5:40000..40008", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                     start = "2026-01-05T09:00:00Z", reply = true },
             flows { from = "10.0.5.10:40000..40023", to = "10.0.2.9:9100", interface = "eni-1", every = "1h",
                     start = "2026-01-05T00:00:00Z", reply = true } },
  expect = { { group = { interface_id = "eni-1" } } },
}

test "replies at night are use" {
  params = { least = "20h" },
  flows  = flows { from = "10.0.2.9:443", to = "10.0.1.5:40000..40023", interface = "eni-1", every = "1h",
                   vantage = "src",
                   start = "2026-01-05T00:00:00Z", flags = "SYN,ACK" },
  expect = {},
}

test "a day is too little to tell" {
  flows  = flows { from = "10.0.1.5:40000..40008", to = "10.0.2.9:443", interface = "eni-1", every = "1h",
                   start = "2026-01-05T09:00:00Z", reply = true },
  expect = {},
}
