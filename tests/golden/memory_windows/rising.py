"""One source sends more every minute; its hopping windows are one occurrence, of which only the worst is kept."""
import json
import os
import resource
import subprocess
import sys

MINUTES = 12000
PEAK_KIB = 48 * 1024  # all windows together take 72 MiB
RULE = """rule { title = "rising", severity = "low", group_by = { "srcaddr" }, window = "60m", every = "1m",
  measure = { ports = top("srcport", 50), most = max "bytes" }, having = "most >= 1", finding = "{srcaddr}" }
"""
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

os.makedirs("rules")
with open("rules/rising.lua", "w", encoding="utf-8") as out:
    out.write(RULE)
with open("policy.yaml", "w", encoding="utf-8") as out:
    out.write("version: 1\nname: p\nfail_on: none\nrules: [{ use: rising }]\n")
with open("a.log", "w", encoding="utf-8") as out:
    out.write(HEADER + "\n")
    for i in range(MINUTES):
        at = 1764000000 + 60 * i
        out.write(f"2 1 eni-1 10.0.0.1 10.9.0.1 {40000 + i % 60} 443 6 1 {i + 1} {at} {at} ACCEPT OK\n")
run = subprocess.run([sys.argv[1], "audit", "-p", "policy.yaml", "--threads", "1", "-o", "json", "a.log"],
                     capture_output=True, text=True, check=True)
findings = [f for f in map(json.loads, run.stdout.splitlines()) if f["type"] == "finding"]
for finding in findings:
    print(finding["occurrences"]["count"], finding["measures"]["most"], len(finding["measures"]["ports"]))
with open(sys.argv[1], "rb") as program:
    instrumented = b"__asan_init" in program.read()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("memory is bounded" if instrumented or peak < PEAK_KIB else f"peak {peak} KiB")
