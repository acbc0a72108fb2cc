rule {
  title    = "Own host is blocked on its way to another",
  severity = "low",
  description = "A host of ours tries the same service of another own host again and again and is rejected: a rule is"
    .. " missing, a configuration is old, or something looks for a way. This is what the on-call engineer asks for,"
    .. " apart from the noise of the internet.",
  controls = { "nist-800-53:SC-7(5)", "nist-800-53:SI-4", "pci-dss-4.0:1.2.7", "soc2:CC7.2" },
  attack   = { "T1046" },
  params   = {
    attempts = number(20, "blocked attempts that matter"),
    window   = duration("1h", "within which time"),
    except   = network({}, "clients whose attempts are expected, such as a scanner of yours"),
  },

  where    = "reject_kind == attempt and client in ours and client not in $except and server in ours",
  group_by = { "client", "server", "service" },
  window   = "$window",
  measure  = { attempts = count() },
  having   = "attempts >= $attempts",
  finding  = "{client} was blocked {attempts} times on its way to {service} of {server} within {$window}",
  remediation = "If the service is needed, admit the client's security group at the server; if not, stop the client.",
}

test "an application without its database" {
  flows  = flows { from = "10.0.2.5:40000..40029", to = "10.0.10.5:5432", every = "1m", action = "reject" },
  expect = { { group = { client = "10.0.2.5", server = "10.0.10.5", service = "tcp/5432" }, severity = "low",
               measures = { attempts = 30 } } },
}

test "a few attempts while something started" {
  flows  = flows { from = "10.0.2.5:40000..40004", to = "10.0.10.5:5432", every = "1m", action = "reject" },
  expect = {},
}

test "noise of the internet" {
  flows  = flows { from = "192.0.2.5:40000..40029", to = "10.0.10.5:5432", every = "1m", action = "reject" },
  expect = {},
}

test "packets after the connection was forgotten, and rejected replies" {
  flows  = { flows { from = "10.0.2.5:40000..40029", to = "10.0.10.5:5432", every = "1m", action = "reject",
                     flags = "RST" },
             flows { from = "10.0.10.5:5432", to = "10.0.2.5:41000..41029", every = "1m", action = "reject",
                     flags = "SYN,ACK" } },
  expect = {},
}
