"""Writes the logs of this example: planted violations among innocent look-alikes. Deterministic; our own data."""
import gzip
import pathlib

HEADER = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
          "log-status")
T0 = 1764000000  # 2025-11-24 16:00:00 UTC
ENI = {"web": "eni-0aaaa0000000000a1", "nat": "eni-0aaaa0000000000a9", "app1": "eni-0bbbb0000000000b5",
       "app2": "eni-0bbbb0000000000b6", "db": "eni-0cccc0000000000c5", "bastion": "eni-0dddd0000000000d1",
       "report": "eni-0aaaa0000000000a7"}
WEB, NAT, APP1, APP2, DB = "10.0.0.10", "10.0.0.250", "10.0.1.5", "10.0.1.6", "10.0.10.5"
BASTION, REPORT, OFFICE = "10.0.3.10", "10.0.0.99", "203.0.113.40"
lines = []


def record(eni, src, dst, sport, dport, at, packets=10, size=4000, action="ACCEPT", protocol=6, status="OK"):
    start = T0 + at
    lines.append((start, f"2 123456789012 {ENI[eni]} {src} {dst} {sport} {dport} {protocol} {packets} {size} "
                         f"{start} {start + 40} {action} {status}"))


def both(eni, client, server, sport, dport, at, action="ACCEPT"):
    record(eni, client, server, sport, dport, at, 12, 3000, action)
    if action == "ACCEPT":
        record(eni, server, client, dport, sport, at + 1, 20, 21000)


# Innocent: the internet uses the web server; a NAT gateway is answered on thousands of ephemeral ports.
for i in range(120):
    both("web", f"198.51.100.{i % 200 + 1}", WEB, 40000 + i, 443, 5 * i)
for i in range(300):
    record("web", WEB, NAT, 443, 32768 + i, 2 * i, 8, 9000)
# Innocent: app servers use the database; one pool's SYN was yesterday, so only its middle is seen.
for minute in range(30):
    for eni in ("app1", "db"):
        both(eni, APP1, DB, 45001, 5432, 60 * minute)
    record("db", DB, APP2, 5432, 52344, 60 * minute, 30, 8000)
    record("db", APP2, DB, 52344, 5432, 60 * minute + 1, 30, 9000)
# Innocent: the bastion administers the database server. NTP and ICMP have no client.
both("db", BASTION, DB, 50122, 22, 900)
record("app1", APP1, "10.0.0.2", 123, 123, 30, 1, 76, protocol=17)
record("app1", BASTION, APP1, 0, 0, 31, 4, 336, protocol=1)
# Innocent: a blocked attempt that two interfaces logged: ACCEPT where it left, REJECT where it arrived.
record("web", WEB, DB, 47000, 5432, 600, 3, 180)
record("db", WEB, DB, 47000, 5432, 600, 3, 180, "REJECT")
# Innocent: noise from the internet is refused.
for i in range(15):
    record("web", f"192.0.2.{i + 1}", WEB, 50000 + i, (22, 23, 445, 3389, 6379)[i % 5], 97 * i, 1, 40, "REJECT")

# Planted: the web server opens the database itself, and is answered.
both("db", WEB, DB, 47100, 5432, 1200)
# Planted, with a waiver: the report job does so too.
both("db", REPORT, DB, 47200, 5432, 1260)
# Planted: the office administers the bastion straight from the internet.
both("bastion", OFFICE, BASTION, 51000, 22, 1300)
# Planted: the database sends something to the internet.
both("db", DB, "198.51.100.77", 40022, 443, 1400)
# Planted: a stranger walks the ports of the web server, one packet each.
for port in range(8000, 8040):
    record("web", "192.0.2.200", WEB, 61000, port, 1500 + (port - 8000), 1, 44, "REJECT")
# The log itself lost something, and had nothing to say once.
start = T0 + 1700
lines.append((start, f"2 123456789012 {ENI['app2']} - - - - - - - {start} {start + 60} - SKIPDATA"))
lines.append((start, f"2 123456789012 {ENI['bastion']} - - - - - - - {start} {start + 60} - NODATA"))

lines.sort()
half = len(lines) // 2
folder = pathlib.Path(__file__).parent / "logs"
folder.mkdir(exist_ok=True)
for name, part in (("16-00.log.gz", lines[:half]), ("16-15.log.gz", lines[half:])):
    text = "\n".join([HEADER] + [line for _, line in part]) + "\n"
    (folder / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
