std = "none"
max_line_length = 120
read_globals = {
    "rule", "test", "flows", "network", "service", "duration", "port", "number", "text", "flag",
    "count", "sum", "min", "max", "mean", "distinct", "longest_run", "top", "set", "first", "last", "ratio",
    "outcome", "via_endpoint", "connections", "quantile", "hours", "intervals", "sequence", "price", "inventory", "file", "require", "pairs", "ipairs", "tostring", "tonumber", "type", "select", "error",
    "assert", "pcall", "string", "table", "math", "utf8",
}
