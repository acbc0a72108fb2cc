local services = require "services"
local from_internet = require "_from_internet"

rule(from_internet {
  title    = "Message broker reached from the internet",
  severity = "high",
  description = "MQTT, ZooKeeper, NATS, AMQP, Kafka or STOMP of an own host, opened from the internet and let in.",
  controls = { "pci-dss-4.0:1.4.2", "nist-800-53:SC-7", "soc2:CC6.6" },
  attack   = { "T1190" },
  service  = service(services.messaging, "services of message brokers"),
  remediation = "Move the broker to a private subnet; let outside publishers in through a gateway that authenticates.",
})

test "Kafka that answers the internet" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.2.5:9092", reply = true },
  expect = { { group = { server = "10.0.2.5", service = "tcp/9092" }, severity = "high" } },
}

test "a blocked attempt is no exposure" {
  flows  = flows { from = "192.0.2.7:50000", to = "10.0.2.5:9092", action = "reject" },
  expect = {},
}

test "the replies of a broker on the internet" {
  flows  = flows { from = "192.0.2.7:5672", to = "10.0.2.5:50000", flags = "SYN,ACK" },
  expect = {},
}
