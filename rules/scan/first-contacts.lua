rule {
  title    = "What became of an own host's conversations",
  severity = "info",
  signal   = true,
  description = "Each service of each host that an own host asked, and whether it was answered; for rules over first"
    .. " contacts.",
  params   = { except = network({}, "own hosts that are left out, such as scanners and monitoring") },

  where    = "protocol == tcp and client in ours and client not in $except and initiated is not null",
  group_by = { "client", "server", "service" },
  measure  = { outcome = outcome(), opened = count "initiated" },
  having   = "opened >= 1",
}
