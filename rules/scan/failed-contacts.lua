rule {
  title    = "Own host was refused by several",
  severity = "info",
  signal   = true,
  description = "Within an hour an own host was blocked by several others, or got no word from them. Alone it is an old"
    .. " configuration; c2/several-signs reads it.",
  params   = {
    hosts   = number(5, "different hosts that are several"),
    packets = number(2, "packets of a contact that came to nothing, where it was let in"),
    except  = network({}, "scanners and monitoring that may"),
  },

  where    = "initiated and client in ours and server in ours and client not in $except and protocol == tcp"
    .. " and (reject_kind == attempt or (accepted and packets <= $packets))",
  group_by = { "client" },
  window   = "1h",
  measure  = { host = first "client", hosts = distinct "server" },
  having   = "hosts >= $hosts",
}
