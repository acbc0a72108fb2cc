rule {
  title    = "packets lost by routing",
  severity = "low",
  params   = { db = network "db" },
  where    = "server in $db and traffic_path == 8",
  group_by = { "server" },
}

test "a log without the field" {
  policy = { networks = { db = "10.0.10.0/24" } },
  flows  = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22", log = "v2" },
  not_evaluated = true,
}
test "a network that nobody defines" { flows = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22" }, not_evaluated = "*no network*" }
test "another reason" { flows = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22" }, not_evaluated = "*memory*" }
test "a parameter in its place" {
  params = { db = { "10.0.10.0/24", "10.0.11.7" } },
  flows  = flows { from = "10.0.1.5:5000", to = "10.0.11.7:22", traffic_path = 8 },
  expect = { { group = { server = "10.0.11.7" } } },
}
test "said to be void, and is not" {
  params = { db = "10.0.10.0/24" },
  flows  = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22" },
  not_evaluated = true,
}
test "said to be judged, and is not" { flows = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22" }, expect = {} }
test "a parameter that there is not" { params = { bd = "10.0.10.0/24" }, flows = flows { from = "10.0.1.5:5000", to = "10.0.10.9:22" }, expect = {} }
