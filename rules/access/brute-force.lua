rule {
  title    = "Many short logins to one service",
  severity = "medium",
  description = "One client opens one connection after another to a service that asks for a password, and each carries"
    .. " little: the shape of guessing. Interactive sessions are few and grow; tools that deploy are few and big.",
  controls = { "pci-dss-4.0:8.3.4", "nist-800-53:AC-7", "nist-800-53:SI-4", "soc2:CC6.1" },
  attack   = { "T1110" },
  params   = {
    service = service({ "tcp/21..23", "tcp/110", "tcp/143", "tcp/389", "tcp/3389", "tcp/5900..5910", "tcp/5985..5986" },
                      "services that ask for a password"),
    tries   = number(30, "connections that are many"),
    window  = duration("10m", "within which time"),
    size    = number("10k", "bytes of a connection, both directions, on average at most"),
    except  = network({}, "clients that may, such as health checks"),
  },

  where    = "service in $service and initiated is not null and client not in $except and server in ours"
    .. " and not rejected",
  group_by = { "client", "server", "service" },
  window   = "$window",
  identity = { "server", "service" },
  measure  = { tries = distinct("client_port"), opened = count "initiated" },
  having   = "tries >= $tries and opened >= $tries and bytes <= tries * $size",
  finding  = "{client} opened {tries} short connections to {service} of {server} within {$window} ({bytes} bytes)",
  remediation = "Allow keys only or lock accounts after failures, and narrow who may reach the service.",
}

test "forty short SSH connections" {
  flows  = flows { from = "192.0.2.7:40001..40040", to = "10.0.3.10:22", every = "5s", bytes = 2000, reply = true },
  expect = { { group = { server = "10.0.3.10", service = "tcp/22" }, severity = "medium", measures = { tries = 40 } } },
}

test "forty long ones are work" {
  flows  = flows { from = "10.0.7.7:40001..40040", to = "10.0.3.10:22", every = "5s", bytes = 200000, reply = true },
  expect = {},
}

test "forty connections over a day" {
  flows  = flows { from = "10.0.7.7:40001..40040", to = "10.0.3.10:22", every = "30m", bytes = 2000, reply = true },
  expect = {},
}

test "blocked attempts are another rule's" {
  flows  = flows { from = "192.0.2.7:40001..40040", to = "10.0.3.10:22", every = "5s", action = "reject" },
  expect = {},
}

test "replies to an own client of forty servers' connections" {
  flows  = flows { from = "192.0.2.7:22", to = "10.0.3.10:40001..40040", every = "5s", flags = "SYN,ACK" },
  expect = {},
}
