"""Generates the log, audits it, and compares the finding with what it should be."""
import json
import os
import subprocess

CLIENTS = 60000
flows, lines = [], ["version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
                    "log-status"]
for i in range(CLIENTS):
    k = i * 40507 % CLIENTS
    client, sent, start = f"198.18.{k >> 8}.{k & 255}", 40 + k * 7919 % 60013, 1764000000 + k % 600
    flows.append((client, sent, start, len(lines) + 1))
    lines.append(f"2 1 eni-{k:08x} {client} 10.0.0.1 40000 22 6 1 {sent} {start} {start + 50} ACCEPT OK")
with open("a.log", "w", encoding="ascii") as log:
    log.write("\n".join(lines) + "\n")

hits = [f for f in flows if f[1] > 50]
address = lambda f: tuple(map(int, f[0].split(".")))
worst = sorted(hits, key=lambda f: (-f[1], address(f)))[:10]
first = sorted(hits, key=lambda f: (f[2], f[3]))[:3]
for threads in ("1", "2"):
    out = subprocess.run([os.environ["FLOWLAW"], "audit", "-p", "policy.yaml", "--threads", threads, "-o", "json",
                          "a.log"], capture_output=True, check=True).stdout
    findings = [x for x in map(json.loads, out.splitlines()) if x["type"] == "finding"]
    assert len(findings) == 1, findings
    f = findings[0]
    assert f["occurrences"]["count"] == f["flows"] == len(hits)
    assert f["bytes"] == sum(h[1] for h in hits)
    assert [(w["group"]["client"], w["measures"]["sent"]) for w in f["occurrences"]["worst"]] == [w[:2] for w in worst]
    assert [e["record"] for e in f["evidence"]] == [h[3] for h in first], f["evidence"]
    assert f["message"].startswith(f"{worst[0][0]} sent {worst[0][1]} by eni-"), f["message"]
    print("threads", threads, "as expected")
