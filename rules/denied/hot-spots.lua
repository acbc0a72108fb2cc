rule {
  title    = "Rejected traffic concentrates on one host",
  severity = "low",
  description = "Many blocked attempts against one own host within an hour. Background noise of the internet is spread"
    .. " thin; a hot spot is a scan, a wrong rule or a broken client.",
  controls = { "nist-800-53:SI-4" },
  attack   = { "T1595" },
  params   = {
    attempts = number(100, "blocked attempts that make a hot spot"),
    window   = duration("1h", "within which time"),
  },

  where    = "reject_kind == attempt and server in ours",
  group_by = { "server" },
  window   = "$window",
  measure  = {
    attempts = count(),
    clients  = distinct "client",
    services = top("service", 5),
    who      = top("client", 5),
  },
  having   = "attempts >= $attempts",
  finding  = "{attempts} blocked attempts against {server} by {clients} clients; most on {services}",
  remediation = "If the clients are yours, fix the rule or the client; if not, block them where they enter.",
}
