#!/usr/bin/env python3
"""Measures against a plain reference. usage: tests/measures/run.py FLOWLAW [ROUNDS]

Records are drawn, dealt to files in a random order, and audited with random threads and schedules; every measure of every
group must be what a few lines of Python say. Prints "ok measures" or what differs.
"""
import collections
import fractions
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

RULE = """rule {
  title = "all measures", severity = "low", group_by = { "srcaddr" },
  params = { share = number(0.9) },
  measure = {
    records = count(), rejects = count "rejected", bytes_sum = sum "bytes", some = sum("bytes", "rejected"),
    least = min "bytes", most = max "bytes", average = mean "bytes",
    ports = distinct "dstport", hosts = distinct "dstaddr", run = longest_run "dstport",
    heavy = top("dstport", 3, "bytes"), low = set("dstport", 4), one = first "dstport", other = last "dstport",
    half = quantile("bytes", 0.5), high = quantile("bytes", "95%"), share = quantile("packets", "$share"),
    part = ratio("rejected", "accepted"), tuples = connections(), when = hours(), steps = intervals "2m",
  },
}
"""
POLICY = "version: 1\nname: measures\ntimezone: UTC\nrules: [{ use: ./rules/all.lua }]\n"
HEADER = "version srcaddr dstaddr srcport dstport protocol packets bytes start end action flow-direction log-status"
MONDAY = 1767571200  # 2026-01-05T00:00:00Z
HOUR = 3600


def draw(dice):
    """One record; few values, so that they meet, and null here and there."""
    null = lambda value: None if dice.random() < 0.05 else value
    start = MONDAY + dice.choice((0, 5 * 86400)) + dice.randrange(0, 9) * dice.choice((30, 600, 5000))
    return {
        "srcaddr": f"10.0.0.{dice.randrange(1, 4)}", "dstaddr": null(f"192.0.2.{dice.randrange(0, 30)}"),
        "srcport": 40000 + dice.randrange(3), "dstport": null(dice.choice((443, 8000)) + dice.randrange(12)),
        "protocol": 6, "packets": null(dice.randrange(1, 200)), "bytes": null(dice.randrange(2 ** dice.randrange(1, 50))),
        "start": start, "end": start + dice.randrange(60), "action": dice.choice(("ACCEPT", "REJECT")),
        "flow-direction": dice.choice(("egress", "ingress", None)),
    }


def line(record):
    return " ".join(["2"] + ["-" if v is None else str(v) for v in record.values()] + ["OK"])


def quotient(num, den):
    """As results show it: at most three decimals, half away from zero."""
    if den == 0:
        return None
    parts = math.floor(fractions.Fraction(num, den) * 1000 + fractions.Fraction(1, 2))
    return parts // 1000 if parts % 1000 == 0 else parts / 1000


def quantile(values, num, den):
    """The value of that rank, and how far the answer may be from it."""
    if not values:
        return None
    value = sorted(values)[max(1, -(-len(values) * num // den)) - 1]
    return value, value // 64 if value >= 64 else 0


def counted_once(records):
    """The sum of bytes: for each way, the larger of what left and of what arrived. All sources are ours."""
    left, arrived, between, unknown = collections.Counter(), collections.Counter(), 0, 0
    for r in records:
        way = (r["action"] == "REJECT" or r["dstport"] is not None, r["dstaddr"] is not None)
        size = r["bytes"] or 0
        if r["flow-direction"] is None:
            unknown += size
        elif r["flow-direction"] == "egress":
            left[way] += size
        elif r["dstaddr"] is not None:
            arrived[way] += size
        else:
            between += size
    return unknown + sum(max(left[way], arrived[way]) for way in left | arrived) or between


def longest_run(ports):
    ports = set(ports)
    return max((sum(1 for _ in iter_run(p, ports)) for p in ports), default=0)


def iter_run(port, ports):
    while port in ports:
        yield port
        port += 1


def hours(starts):
    active = {s // HOUR for s in starts}
    of_day = {h % 24 for h in active}
    stretch = lambda first: next((n for n in range(24) if (first + n) % 24 in of_day), 24)
    quiet = max(map(stretch, range(24)))
    begins = next(h for h in range(24) if stretch(h) == quiet)
    monday = MONDAY // HOUR
    return {"active": len(active), "days": len({h // 24 for h in active}), "of_day": len(of_day),
            "of_week": len({(h - monday) % 168 for h in active}), "quiet": quiet,
            "quiet_from": begins if quiet else None, "quiet_to": (begins + quiet) % 24 if quiet else None,
            "weekend": sum((h - monday) % 168 >= 120 for h in active)}


def intervals(starts, slot):
    slots = sorted({s // slot for s in starts})
    if len(slots) < 3:
        return None
    steps = sorted(b - a for a, b in zip(slots, slots[1:]))
    n, total, median = len(steps), sum(steps), steps[(len(steps) - 1) // 2]
    spread = n * sum(s * s for s in steps) - total * total
    return {"count": n, "cv": quotient(math.isqrt(spread * 10 ** 6) // total, 1000), "longest": steps[-1] * slot * 1000,
            "mean": math.floor(fractions.Fraction(total * slot * 1000, n) + fractions.Fraction(1, 2)),
            "median": median * slot * 1000, "near": quotient(sum(abs(s - median) <= 1 for s in steps), n),
            "shortest": steps[0] * slot * 1000}


def reference(records):
    """records in record order."""
    known = lambda field, of=records: [r[field] for r in of if r[field] is not None]
    rejected = [r for r in records if r["action"] == "REJECT"]
    weights = collections.Counter()
    for r in records:
        if r["dstport"] is not None and r["bytes"] is not None:
            weights[r["dstport"]] += r["bytes"]
    sizes, ports, starts = known("bytes"), known("dstport"), known("start")
    ends = {tuple(sorted([(r["srcaddr"], r["srcport"]), (r["dstaddr"], -1 if r["dstport"] is None else r["dstport"])]))
            for r in records if r["dstaddr"] is not None}
    heavy = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:3]
    return {
        "records": len(records), "rejects": len(rejected), "bytes_sum": counted_once(records), "some": counted_once(rejected),
        "least": min(sizes, default=None), "most": max(sizes, default=None),
        "average": quotient(sum(sizes), len(sizes)), "ports": len(set(ports)), "hosts": len(set(known("dstaddr"))),
        "run": longest_run(ports), "heavy": [{"value": p, "weight": w} for p, w in heavy] or None,
        "low": sorted(set(ports))[:4] or None, "one": records[0]["dstport"], "other": records[-1]["dstport"],
        "half": quantile(sizes, 1, 2), "high": quantile(sizes, 95, 100), "share": quantile(known("packets"), 9, 10),
        "part": quotient(len(rejected), len(records) - len(rejected)), "tuples": len(ends),
        "when": hours(starts), "steps": intervals(starts, 120),
    }


def same(name, got, wanted):
    if isinstance(wanted, tuple):
        return abs(int(got) - wanted[0]) <= wanted[1]
    if isinstance(got, str) and isinstance(wanted, int):
        return int(got) == wanted
    if name == "heavy" and got is not None and wanted is not None:
        return [(g["value"], int(g["weight"])) for g in got] == [(w["value"], w["weight"]) for w in wanted]
    return got == wanted


def audited(flowlaw, folder, names, dice):
    env = dict(os.environ)
    if dice.random() < 0.5:
        env["FL_SCHEDULE"] = str(dice.randrange(1, 1000))
    command = [flowlaw, "audit", "-p", "policy.yaml", "-o", "json", "--threads", str(dice.choice((1, 2, 3))), *names]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"FAIL measures\n{done.stderr}")
    lines = map(json.loads, done.stdout.splitlines())
    return {f["group"]["srcaddr"]: f["measures"] for f in lines if f["type"] == "finding"}


def check(flowlaw, seed):
    dice = random.Random(seed)
    records = [draw(dice) for _ in range(dice.choice((1, 3, 30, 400)))]
    files = collections.defaultdict(list)
    for record in records:
        files[f"{dice.randrange(1, 6)}.log"].append(record)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "rules").mkdir()
        (folder / "rules/all.lua").write_text(RULE)
        (folder / "policy.yaml").write_text(POLICY)
        for file, of in files.items():
            (folder / file).write_text("\n".join([HEADER, *map(line, of)]) + "\n")
        order = [(r["start"], r["end"], file, at, r) for file, of in files.items() for at, r in enumerate(of)]
        groups = collections.defaultdict(list)
        for *_, record in sorted(order, key=lambda place: place[:4]):
            groups[record["srcaddr"]].append(record)
        names = list(files)
        dice.shuffle(names)
        got = audited(flowlaw, folder, names, dice)
    bad = [f"seed {seed}: groups {sorted(got)}, not {sorted(groups)}"] if set(got) != set(groups) else []
    for group, of in groups.items():
        wanted = reference(of)
        for name in sorted(set(wanted) | set(got.get(group, {}))):
            have = got.get(group, {}).get(name)
            if not same(name, have, wanted.get(name)):
                bad.append(f"seed {seed}, {group}: {name} is {have}, not {wanted.get(name)}")
    return bad


def main():
    flowlaw, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40
    bad = [text for seed in range(rounds) for text in check(flowlaw, seed)]
    print("\n".join(["FAIL measures", *bad[:20]]) if bad else "ok measures")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
