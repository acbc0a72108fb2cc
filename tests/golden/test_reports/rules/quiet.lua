rule { title = "Nobody tests this", severity = "low", where = "rejected", identity = { "srcaddr" } }
