rule {
  title    = "Talkers of an interface",
  severity = "info",
  group_by = { "interface_id" },
  measure  = { top = top("srcaddr", 3, "bytes"), total = sum "bytes", mean = mean "packets", first = first "srcaddr",
               last = last "dstaddr", peers = distinct "dstaddr" },
  finding  = "{interface_id}: {top}; {total} bytes, {mean} packets, {first} to {last}, {peers} peers",
}
