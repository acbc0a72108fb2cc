rule {
  title    = "Replies are rejected",
  severity = "medium",
  description = "A conversation was let in and its replies are rejected. A security group remembers conversations; a"
    .. " network ACL does not, and needs a rule for the ephemeral ports in the other direction.",
  controls = { "nist-800-53:SC-7", "nist-800-53:CM-6", "pci-dss-4.0:1.2.7", "soc2:CC7.1" },
  params   = {
    replies = number(20, "rejected replies that matter"),
    window  = duration("1h", "within which time"),
  },

  where    = "reject_kind == reply",
  group_by = { "interface_id", "service" },
  window   = "$window",
  measure  = { replies = count(), servers = set("server", 3), clients = distinct "client" },
  having   = "replies >= $replies",
  finding  = "{interface_id}: {replies} replies of {service} were rejected within {$window}; servers {servers},"
    .. " {clients} clients",
  remediation = "Admit the ephemeral ports (1024-65535, or the range that the clients use) in the ACL of this subnet.",
}

test "a network ACL without ephemeral ports" {
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.9:40000..40029", every = "1m", action = "reject",
                   flags = "SYN,ACK",
                   interface = "eni-1", vantage = "src" },
  expect = { { group = { interface_id = "eni-1", service = "tcp/443" }, severity = "medium",
               measures = { replies = 30 } } },
}

test "blocked attempts are none" {
  flows  = flows { from = "192.0.2.9:40000..40029", to = "10.0.1.5:22", every = "1m", action = "reject",
                   interface = "eni-1" },
  expect = {},
}

test "replies that pass" {
  flows  = flows { from = "10.0.1.5:443", to = "192.0.2.9:40000..40029", every = "1m", flags = "SYN,ACK",
                   vantage = "src" },
  expect = {},
}
