"""Each condition twice, as it is and behind `not not`, which tells nothing of how many records it takes."""
import json
import os
import random
import subprocess
import sys

FLOWLAW = sys.argv[1]
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
WINDOWS = {"audit": "", "tumbling": 'window = "1m",', "hopping": 'window = "5m", every = "1m",', "session": 'session = "2m",'}
MEASURES = """ports = distinct "dstport", hosts = distinct "dstaddr", about = distinct("bytes", { exact = 64 }),
    run = longest_run "dstport", calls = connections(), refused = count "rejected", h = hours(), i = intervals "1m",
    times = sequence { { "rejected", times = 2 }, "accepted" }"""
CONDITIONS = [
    "ports >= 4", "3 < hosts", "about >= 5", "run == 3", "calls > 5 and refused >= 1", "refused >= 3 or run >= 4",
    "twice >= 6", "h.active >= 2", "h.days >= 2", "i.count >= 2", "times >= 1", "flows >= 7", "5 <= flows",
    "ports != 4", "ports <= 2", "2 >= ports", "bytes >= 900",
]


def write_rules():
    names = []
    for kind, window in WINDOWS.items():
        for i, condition in enumerate(CONDITIONS):
            for how, text in (("a", condition), ("b", f"not (not ({condition}))")):
                names.append(f"{kind}-{i:02}{how}")
                with open(f"rules/{names[-1]}.lua", "w", encoding="utf-8") as out:
                    out.write(f'rule {{ title = "{kind}", severity = "low", group_by = {{ "srcaddr" }}, {window}\n'
                              f'  measure = {{ {MEASURES} }},\n  value = {{ twice = "ports" }},\n'
                              f'  having = "{text}", finding = "{{srcaddr}} {{ports}} {{flows}}" }}\n')
    with open("policy.yaml", "w", encoding="utf-8") as out:
        out.write("version: 1\nname: small\nfail_on: none\nrules:\n" + "".join(f"  - use: {n}\n" for n in names))


def write_records(dice):
    with open("records.log", "w", encoding="utf-8") as out:
        out.write(HEADER + "\n")
        for _ in range(400):
            start = 1764000000 + dice.choice([dice.randint(0, 300), dice.randint(0, 86400 * 2)])
            out.write(f"2 1 eni-1 10.0.0.{dice.randint(1, 60)} 10.9.0.{dice.randint(1, 5)} 40000 {dice.randint(1, 6)} 6 1"
                      f" {dice.randint(1, 9) * 40} {start} {start + dice.randint(0, 60)}"
                      f" {dice.choice(['ACCEPT', 'REJECT'])} OK\n")


def main():
    os.makedirs("rules")
    write_rules()
    found = 0
    for seed in range(3):
        write_records(random.Random(seed))
        run = subprocess.run([FLOWLAW, "audit", "-p", "policy.yaml", "records.log", "-o", "json"], capture_output=True,
                             text=True, check=False)
        assert run.returncode == 0, run.stderr
        by_rule, groups = {}, {}
        for line in map(json.loads, run.stdout.splitlines()):
            if line["type"] == "rule":
                groups[line["id"]] = line["groups"]
            if line["type"] == "finding":
                about = {k: v for k, v in line.items() if k not in ("id", "rule", "threshold", "declared_at")}
                by_rule.setdefault(line["rule"], []).append(about)
        for kind in WINDOWS:
            for i, condition in enumerate(CONDITIONS):
                one, other = (sorted(map(str, by_rule.get(f"{kind}-{i:02}{how}", []))) for how in "ab")
                assert one == other, f"{condition} over {kind}, seed {seed}: {len(one)} and {len(other)}"
                assert groups[f"{kind}-{i:02}a"] == groups[f"{kind}-{i:02}b"] > 0, f"groups of {kind}"
                found += len(one)
    print(f"{found} findings of {len(CONDITIONS)} conditions over {len(WINDOWS)} kinds of windows, alike both ways")


main()
