rule {
  title    = "Service of ours answers nobody",
  severity = "low",
  description = "Own clients keep asking a TCP service of an own host, are let in, and get nothing but silence or"
    .. " resets: the process is down, or moved and somebody was not told.",
  controls = { "nist-800-53:SI-4", "nist-800-53:CM-7", "soc2:A1.1" },
  params   = {
    asked  = number(50, "requests within the time that matter"),
    window = duration("1h", "within which time"),
  },

  where    = "protocol == tcp and client in ours and server in ours and initiated is not null",
  group_by = { "server", "service" },
  window   = "$window",
  measure  = { asked = count "initiated and accepted", refused = count "rejected",
               answered = count "not initiated and bytes / packets > 40", clients = distinct "client" },
  having   = "asked >= $asked and answered == 0 and refused == 0",
  finding  = "{server} was asked {asked} times on {service} by {clients} own clients within {$window} and never"
    .. " answered",
  remediation = "Start the service, or take it out of its clients' configuration and close the port.",
}

test "a service that is down" {
  flows  = flows { from = "10.0.2.5:40000..40059", to = "10.0.10.5:5432", every = "30s", packets = 1, bytes = 60,
                   flags = "SYN",
                   reply = { packets = 1, bytes = 40, flags = "RST" } },
  expect = { { group = { server = "10.0.10.5", service = "tcp/5432" }, severity = "low", measures = { asked = 60 } } },
}

test "a service that answers" {
  flows  = flows { from = "10.0.2.5:40000..40059", to = "10.0.10.5:5432", every = "30s", reply = true },
  expect = {},
}

test "datagrams that nobody answers are normal" {
  flows  = flows { from = "10.0.2.5:40000..40059", to = "10.0.5.10:514", protocol = "udp", every = "30s" },
  expect = {},
}

test "a blocked service is another rule's" {
  flows  = { flows { from = "10.0.2.5:40000..40059", to = "10.0.10.5:5432", every = "30s", packets = 1,
                     vantage = "src" },
             flows { from = "10.0.2.5:40000..40059", to = "10.0.10.5:5432", every = "30s", packets = 1,
                     action = "reject" } },
  expect = {},
}

test "replies alone" {
  flows  = flows { from = "10.0.10.5:5432", to = "10.0.2.5:40000..40059", every = "30s", flags = "SYN,ACK" },
  expect = {},
}
