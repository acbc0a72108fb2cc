-- Threshold random walk (Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis
-- Testing, 2004). A healthy client's first contact with a host succeeds with probability theta0 = 0.8, a scanner's with
-- theta1 = 0.2. A failure makes "scanner" (1 - theta1) / (1 - theta0) = 4 times likelier, a success
-- theta1 / theta0 = 1/4 times: a walk of one step up or down. With alpha = beta = 0.01 it is a scanner where the
-- likelihood ratio reaches (1 - beta) / alpha = 99, and healthy at beta / (1 - alpha) = 1/99. 4^3 < 99 <= 4^4, so both
-- bounds are four steps away. A client found healthy is watched anew.
local BOUND = 4

rule {
  title    = "First contacts of an own host fail like those of a scanner",
  severity = "medium",
  description = "A sequential hypothesis test over the hosts that an own host asks for the first time: failed contacts"
    .. " speak for a scanner, answered ones for a healthy client, and a few suffice, however slow they come.",
  controls = { "nist-800-53:SI-4", "nist-800-53:SI-4(11)", "pci-dss-4.0:11.5.1", "soc2:CC7.2" },
  attack   = { "T1046", "T1018" },
  params   = { except = network({}, "scanners and monitoring that may") },

  from     = "scan/first-contacts",
  where    = "client not in $except",
  group_by = { "client" },
  fields   = { "server", "outcome" },
  measure  = { hosts = distinct "server", failed = count "outcome < answered", some = set("server", 3) },
  having   = "failed >= 4",
  on_flow  = function(contact, state)
    if state.decided then return end
    state.seen = state.seen or {}
    if state.seen[contact.server] then return end
    state.seen[contact.server] = true
    state.walk = (state.walk or 0) + (contact.outcome == "answered" and -1 or 1)
    if state.walk == -BOUND then state.walk, state.seen = 0, {} end
    state.decided = state.walk == BOUND
    return state.decided
  end,
  finding  = "{client} asked {hosts} hosts for the first time and failed like a scanner ({failed} services failed;"
    .. " among the hosts {some})",
  remediation = "Isolate the host and look at what runs there; name it in `except` if it is a scanner of yours.",
}

test "five failures and a success" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.3:22", every = "1h", action = "reject" },
             flows { from = "10.0.1.5:40000", to = "10.0.2.9:22", start = "2026-01-05T14:00:00Z", reply = true },
             flows { from = "10.0.1.5:40000", to = "10.0.2.4..10.0.2.5:22", every = "1h",
                     start = "2026-01-05T15:00:00Z",
                     action = "reject" } },
  expect = { { group = { client = "10.0.1.5" }, severity = "medium", measures = { hosts = 6, failed = 5 } } },
}

test "three failures" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.3:22", every = "1h", action = "reject" },
  expect = {},
}

test "one host that fails again and again is one contact" {
  flows  = flows { from = "10.0.1.5:40000", to = "10.0.2.1:1..20", every = "1h", action = "reject" },
  expect = {},
}

test "a healthy client with a failure now and then" {
  flows  = { flows { from = "10.0.1.5:40000", to = "10.0.2.1..10.0.2.3:443", every = "2h", reply = true },
             flows { from = "10.0.1.5:40000", to = "10.0.2.11..10.0.2.13:443", every = "2h",
                     start = "2026-01-05T11:00:00Z", action = "reject" },
             flows { from = "10.0.1.5:40000", to = "10.0.2.21..10.0.2.40:443", every = "1h",
                     start = "2026-01-05T18:00:00Z", reply = true } },
  expect = {},
}

test "a server that is asked by many and answers" {
  flows  = flows { from = "10.0.2.1..10.0.2.40:40000", to = "10.0.1.5:443", every = "1h", reply = true },
  expect = {},
}
