-- Lua at every place where it may run out of memory: load, require of nothing, records, groups, overrides.
local names = { [22] = "ssh", [5432] = "postgres" }
rule {
  title = "code", severity = "low",
  params = { limit = number(100) },
  where = "accepted", fields = { "bytes", "dstport", "srcaddr" }, identity = { "dstaddr" },
  measure = { ports = set "dstport", total = sum "bytes", busiest = top("srcaddr", 2, "bytes") },
  on_flow = function(flow) return flow.bytes > 100 and #("from " .. flow.srcaddr) > 5 end,
  on_group = function(group)
    return { severity = "high", message = "to " .. group.dstaddr .. ": " .. tostring(group.total),
             name = names[group.ports[1]] or "other" }
  end,
}
