rule {
  title    = "Own host is blocked on its way to the internet",
  severity = "low",
  description = "A host of ours tries to reach the internet again and again and is rejected: software that was not"
    .. " told of the proxy, or something that calls home.",
  controls = { "nist-800-53:SC-7(5)", "nist-800-53:SI-4(4)", "pci-dss-4.0:1.3.2", "soc2:CC7.2" },
  attack   = { "T1071" },
  params   = {
    attempts = number(30, "blocked attempts that matter"),
    window   = duration("1h", "within which time"),
    except   = network({}, "clients whose attempts are expected"),
  },

  where    = "reject_kind == attempt and client in ours and client not in $except and server in internet",
  group_by = { "client", "service" },
  window   = "$window",
  measure  = { attempts = count(), servers = distinct "server", some = top("server", 3) },
  having   = "attempts >= $attempts",
  finding  = "{client} was blocked {attempts} times on its way to {service} on the internet, {servers} hosts: {some}",
  remediation = "Find the process that calls; give it a way through the proxy, or remove it.",
}

test "a host that calls home in vain" {
  flows  = flows { from = "10.0.2.5:40000..40039", to = "192.0.2.9:4444", every = "1m", action = "reject",
                   vantage = "src" },
  expect = { { group = { client = "10.0.2.5", service = "tcp/4444" }, severity = "low",
               measures = { attempts = 40 } } },
}

test "five times" {
  flows  = flows { from = "10.0.2.5:40000..40004", to = "192.0.2.9:4444", every = "1m", action = "reject",
                   vantage = "src" },
  expect = {},
}

test "rejected replies to the internet" {
  flows  = flows { from = "10.0.2.5:443", to = "192.0.2.9:40000..40039", every = "1m", action = "reject",
                   vantage = "src",
                   flags = "SYN,ACK" },
  expect = {},
}
