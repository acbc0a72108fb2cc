-- Every record is a finding, so that tests see what flows{} writes.
rule {
  title    = "a record",
  severity = "info",
  group_by = { "interface_id", "srcaddr", "dstaddr", "pkt_dstaddr", "srcport", "dstport", "protocol", "tcp_flags", "action", "vantage",
               "flow_direction", "vpc_id", "start_time", "duration", "packets", "bytes", "version", "traffic_path", "instance_id" },
  finding  = "{srcaddr} {dstaddr}",
}

test "defaults: the interface of the private end of `to` writes" {
  flows  = flows { from = "203.0.113.5", to = "10.0.1.5:443" },
  expect = { { group = { interface_id = "eni-0000000000a000105", srcaddr = "203.0.113.5", dstaddr = "10.0.1.5", srcport = 49152, dstport = 443,
                         protocol = 6, tcp_flags = 3, action = "accept", vantage = "dst", flow_direction = "ingress", duration = "10s",
                         start_time = "2026-01-05T10:00:00Z", packets = 10, bytes = 1000, version = 5, traffic_path = "-" } } },
}

test "else that of `from`, and a reply by the same one" {
  flows  = flows { from = "10.0.1.5:5000", to = "203.0.113.5:53", protocol = "udp", reply = { bytes = 70 }, traffic_path = 8 },
  expect = {
    { group = { interface_id = "eni-0000000000a000105", vantage = "src", flow_direction = "egress", tcp_flags = 0, bytes = 1000, traffic_path = 8 } },
    { group = { interface_id = "eni-0000000000a000105", vantage = "dst", flow_direction = "ingress", srcport = 53, dstport = 5000, bytes = 70 } },
  },
}

test "own public addresses are ours" {
  policy = { own = { "198.51.100.0/24" } },
  flows  = flows { from = "10.0.1.5", to = "198.51.100.7:443", instance_id = "i-1" },
  expect = { { group = { vantage = "dst", dstaddr = "198.51.100.7", instance_id = "i-1" } } },
}

test "both ends, both directions" {
  flows  = flows { from = "10.0.1.5:5000", to = "10.0.9.9:22", reply = true, vantage = "both", interface = { src = "eni-a", dst = "eni-b" },
                   flags = "SYN" },
  expect = {
    { group = { interface_id = "eni-a", srcport = 5000, vantage = "src", tcp_flags = 2 } },
    { group = { interface_id = "eni-b", srcport = 5000, vantage = "dst", tcp_flags = 2 } },
    { group = { interface_id = "eni-b", srcport = 22, vantage = "src", tcp_flags = 19 } },
    { group = { interface_id = "eni-a", srcport = 22, vantage = "dst", tcp_flags = 19 } },
  },
}

test "a NAT gateway between them" {
  flows  = flows { from = "10.0.1.5:5000", to = "203.0.113.5:443", reply = true, vantage = "middle", interface = "eni-nat" },
  expect = {
    { group = { interface_id = "eni-nat", srcaddr = "10.0.1.5", dstaddr = "10.0.0.100", pkt_dstaddr = "203.0.113.5", vantage = "middle" } },
    { group = { interface_id = "eni-nat", srcaddr = "10.0.0.100", dstaddr = "10.0.1.5", pkt_dstaddr = "10.0.1.5", vantage = "middle" } },
  },
}

test "the walk: ports fastest, then addresses of `to`, then of `from`; then again" {
  flows  = flows { from = { "10.0.1.1..10.0.1.2" }, to = { "10.0.9.1:80", "10.0.9.2:22,23" }, count = 2, every = "1m", duration = "1s",
                   action = "reject", flags = false },
  expect = {
    { group = { start_time = "2026-01-05T10:00:00Z", srcaddr = "10.0.1.1", dstport = 80, srcport = 49152, action = "reject", tcp_flags = "-" } },
    { group = { start_time = "2026-01-05T10:01:00Z", srcaddr = "10.0.1.1", dstport = 22, srcport = 49153, duration = "1s" } },
    { group = { start_time = "2026-01-05T10:02:00Z", srcaddr = "10.0.1.1", dstport = 23 } },
    { group = { start_time = "2026-01-05T10:03:00Z", srcaddr = "10.0.1.2", dstport = 80 } },
    { group = { start_time = "2026-01-05T10:04:00Z", srcaddr = "10.0.1.2", dstport = 22 } },
    { group = { start_time = "2026-01-05T10:05:00Z", srcaddr = "10.0.1.2", dstport = 23 } },
    { group = { start_time = "2026-01-05T10:06:00Z", srcaddr = "10.0.1.1", dstport = 80 } },
    {}, {}, {}, {}, {},
  },
}

test "IPv6, ICMP, milliseconds, large numbers" {
  flows  = {
    flows { from = "2001:db8::1", to = "fd00::5", protocol = "icmp", start = "2026-01-05T10:00:00.250Z", packets = "1k", bytes = "1.5Mi" },
    flows { from = "[2001:db8::1]:50000", to = "[fd00::5]:443", vpc = "vpc-b" },
  },
  expect = {
    { group = { srcaddr = "2001:db8::1", dstaddr = "fd00:0::5", srcport = 0, protocol = "1", packets = 1000, bytes = 1572864, start_time = "2026-01-05T10:00:00.250Z" } },
    { group = { srcport = 50000, vpc_id = "vpc-b" } },
  },
}
