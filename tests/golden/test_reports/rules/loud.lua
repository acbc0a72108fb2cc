-- A bracket in a comment: { and test "nothing" {
rule {
  title    = "Clients of a port",
  severity = "low",
  params   = { port = port(22, "which") },
  where    = "initiated and server_port in $port",
  group_by = { "client" },
  measure  = { servers = distinct "server", named = set("server", 4) },
  having   = "servers >= 2",
  finding  = "{client} has {servers} servers",
}

test "expects less & <more>" {
  flows  = flows { from = "10.0.1.5", to = "10.0.9.1..10.0.9.3:22" }, -- expect = { nothing }
  expect = { --[[ old ]] { group = { client = "10.0.1.5" }, measures = { servers = 7 } } }, policy = {},
}

test "expects none" {
  flows  = flows { from = "10.0.1.5", to = "10.0.9.1..10.0.9.3:22" }, expect = {}
}

test('passes') {
  flows  = flows { from = "10.0.1.5", to = "10.0.9.1:22" },
  expect = {}, }

for _, n in ipairs { 1, 2 } do
  test("made by code " .. n) {
    flows  = flows { from = "10.0.1.5", to = "10.0.9.1:22" },
    expect = { {} },
  }
end

local found = { {} }
test "expects what stands elsewhere" {
  flows  = flows { from = "10.0.1.5", to = "10.0.9.1:22" },
  expect = found,
}

test "does not find the best places at once" {
  flows  = flows { from = "10.0.1.5..10.0.1.6", to = "10.0.9.1..10.0.9.3:22" },
  expect = { { severity = "low" }, { group = { client = "10.0.1.5" } } },
}

test "a policy that does not load" {
  policy = { networks = { app = "10.0.0.0/33" } },
  params = { prot = 5 },
  flows  = flows { from = "10.0.1.5", to = "10.0.9.1:22" },
  expect = {},
}

test "mistakes" {
  flows  = {
    flows { from = "10.0.1.9..10.0.1.5", to = "10.0.9.1:22" },
    flows { from = "10.0.1.9", to = "10.0.9.1" },
    flows { from = "10.0.1.9", to = "10.0.9.1:22", flags = "SYN,AKC", protocol = "tpc", start = "noon", bytes = -1 },
    flows { from = "10.0.1.9", to = "10.0.9.1:22", client = "10.0.0.1", log = "v2", traffic_path = 8 },
    flows { from = "10.0.1.9", to = "10.0.9.1:22", reply = { byte = 1 }, vantage = "left" },
    file "../cmd",
    file "nothing.log",
  },
  expect = { { severty = "low" } },
}

test "values that a log cannot hold" {
  flows  = flows { from = "10.0.1.9", to = "10.0.9.1:22", dstport = "x" },
  expect = {},
}
