rule {
  title    = "Conversations that move the most bytes",
  severity = "info",
  description = "Pairs of hosts above a volume: what to look at first when a network bill surprises.",
  params   = { bytes = number("1G", "bytes of one conversation, replies included") },

  where    = "accepted",
  group_by = { "client", "server", "service" },
  measure  = { bytes_moved = sum "bytes" },
  having   = "bytes_moved >= $bytes",
  finding  = "{client} and {server} moved {bytes_moved} bytes on {service}",
}
