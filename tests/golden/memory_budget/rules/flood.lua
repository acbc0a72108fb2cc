rule {
  title    = "One source and port",
  severity = "low",
  group_by = { "srcaddr", "dstport" },
  measure  = { ports = distinct "srcport", most = max "bytes", least = first "bytes", peers = set "dstaddr" },
  having   = "most >= 1539",
  identity = { "dstport" },
  finding  = "{dstport}: {ports} from {least} bytes on to {peers}",
}
