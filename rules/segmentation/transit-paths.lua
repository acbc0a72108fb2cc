rule {
  title    = "Environments talk over the transit gateway",
  severity = "high",
  description = "Logs of a transit gateway tell no action, so nothing in them says accepted. What both sides sent"
    .. " does: this rule asks for conversations between production and other environments that went through in both"
    .. " directions.",
  controls = { "pci-dss-4.0:6.5.3", "cis-aws-3.0:5.5", "nist-800-53:AC-4", "soc2:CC6.1" },
  attack   = { "T1210", "T1199" },
  params   = {
    prod    = network("prod", "production"),
    others  = network({ "staging", "dev" }, "the other environments"),
    shared  = network({}, "hosts that serve all environments"),
    service = service({}, "services that may cross"),
  },

  where    = "tgw_id is not null and initiated is not null and client not in $shared and server not in $shared"
    .. " and ((client in $others and server in $prod) or (client in $prod and server in $others))"
    .. " and service not in $service",
  group_by = { "client", "server", "service" },
  identity = { "server", "service" },
  measure  = { asked = count "initiated", answered = count "not initiated" },
  having   = "asked >= 1 and answered >= 1",
  finding  = "{client} and {server} talk on {service} across environments ({flows} records, {bytes} bytes)",
  remediation = "Split the route tables of the transit gateway by environment, or name the host in `shared`.",
}

test "staging reaches production through the transit gateway" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.2.9:8080", log = "tgw", tgw_id = "tgw-1", reply = true },
  expect = { { group = { server = "10.0.2.9", service = "tcp/8080" }, severity = "high" } },
}

test "one side alone went through" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.1.2.5:40000", to = "10.0.2.9:8080", log = "tgw", tgw_id = "tgw-1" },
  expect = {},
}

test "replies alone" {
  policy = { networks = { prod = "10.0.0.0/16", staging = "10.1.0.0/16", dev = "10.2.0.0/16" } },
  flows  = flows { from = "10.0.2.9:8080", to = "10.1.2.5:40000", log = "tgw", tgw_id = "tgw-1", flags = "SYN,ACK" },
  expect = {},
}
