-- Services that several bundled rules speak of. A rule names what it needs as the default of a parameter, so that a
-- policy can still set another list.
local services = {
  admin      = { "tcp/22", "tcp/23", "tcp/3389", "tcp/5900..5910", "tcp/5985..5986" },
  databases  = { "tcp/1433..1434", "tcp/1521", "tcp/3306", "tcp/5432..5433", "tcp/6379", "tcp/9042", "tcp/9200",
                 "tcp/11211", "tcp/27017..27019" },
  smb_rpc    = { "tcp/135", "tcp/137..139", "tcp/445", "tcp/593", "udp/137..138" },
  cleartext  = { "tcp/20..21", "tcp/23", "tcp/110", "tcp/143", "tcp/389", "tcp/512..514", "tcp/873", "udp/69" },
  containers = { "tcp/2375..2377", "tcp/2379..2380", "tcp/6443", "tcp/10250", "tcp/10255" },
  messaging  = { "tcp/1883", "tcp/2181", "tcp/4222", "tcp/5672", "tcp/9092..9094", "tcp/15672", "tcp/61613..61616" },
  amplifiers = { "udp/17", "udp/19", "udp/53", "udp/111", "udp/123", "udp/161", "udp/389", "udp/1900", "udp/3702",
                 "udp/5353", "udp/11211" },
  web        = { "tcp/80", "tcp/443", "udp/443" },
}

-- All services of several lists, each once.
function services.all(...)
  local seen, all = {}, {}
  for _, name in ipairs { ... } do
    for _, service in ipairs(services[name]) do
      if not seen[service] then
        seen[service] = true
        all[#all + 1] = service
      end
    end
  end
  return all
end

return services
