"""Audits random records by windows of every kind, and compares each group with one that is computed here."""
import json
import os
import random
import subprocess
import sys

FLOWLAW = sys.argv[1]
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
SHAPES = {  # name: (declaration, kind, window, every), in seconds
    "tumbling": ('window = "60s",', "window", 60, 60),
    "seconds": ('window = "1s",', "window", 1, 1),
    "hopping": ('window = "5m", every = "40s",', "window", 300, 40),
    "session": ('session = "90s",', "session", 90, None),
    "audit": ("", "audit", None, None),
}
DAY = 86400
BEGIN = 1764000000


def rules():
    os.makedirs("rules", exist_ok=True)
    for name, (declaration, _, _, _) in SHAPES.items():
        with open(f"rules/{name}.lua", "w", encoding="utf-8") as out:
            out.write(f'rule {{ title = "{name}", severity = "low", group_by = {{ "srcaddr" }}, {declaration}\n'
                      '  measure = { ports = distinct "dstport", last = last "dstport", total = sum "bytes" } }\n')
    with open("policy.yaml", "w", encoding="utf-8") as out:
        out.write("version: 1\nname: windows\nrules: [" + ", ".join(f"{{ use: {n} }}" for n in SHAPES) + "]\n")


def records(dice):
    """(start, end, source, port, bytes): bursts, single ones, long ones; and ends that lie before the start."""
    out = []
    for _ in range(dice.randint(1, 120)):
        start = BEGIN + dice.choice([dice.randint(0, 900), dice.randint(0, 40), dice.randint(0, 2 * DAY)])
        length = dice.choice([0, dice.randint(0, 60), dice.randint(0, 60), dice.randint(0, 3000), -5])
        out.append((start, start + length, f"10.0.0.{dice.randint(1, 3)}", dice.randint(1, 9), dice.randint(0, 1000)))
    return out


def write(dice, all_records):
    """Deals the records to files in no order; returns them with their places."""
    for name in os.listdir("."):
        if name.endswith(".log"):
            os.remove(name)
    count = dice.randint(1, 5)
    files = {f"{i}.log": [] for i in range(count)}
    placed = []
    shuffled = all_records[:]
    dice.shuffle(shuffled)
    for r in shuffled:
        name = f"{dice.randrange(count)}.log"
        placed.append((r, (name, len(files[name]))))
        files[name].append(f"2 1 eni-1 {r[2]} 10.9.0.1 40000 {r[3]} 6 1 {r[4]} {r[0]} {r[1]} ACCEPT OK")
    for name, lines in files.items():
        with open(name, "w", encoding="utf-8") as out:
            out.write("\n".join([HEADER] + lines) + "\n")
    names = list(files)
    dice.shuffle(names)
    return placed, names


def reach(r):
    return max(r[0], r[1])


def windows(rows, kind, window, every):
    """[start, end, rows] of one group; rows are in record order."""
    if kind == "audit":
        return [[None, None, rows]]
    if kind == "session":
        out = []
        for row in rows:
            r = row[0]
            if out and r[0] - out[-1][1] <= window:
                out[-1][1] = max(out[-1][1], reach(r))
                out[-1][2].append(row)
            else:
                out.append([r[0], reach(r), [row]])
        return out
    found = {}
    for row in rows:
        last = row[0][0] // every * every
        for start in range(last, row[0][0] - window, -every):
            found.setdefault(start, []).append(row)
    return [[start, start + window, found[start]] for start in sorted(found)]


def expected(placed, kind, window, every):
    groups = {}
    order = sorted(placed, key=lambda p: (p[0][0], p[0][1], p[1]))
    for row in order:
        groups.setdefault(row[0][2], []).append(row)
    out = {}
    for source, rows in groups.items():
        hits = []
        for start, end, inside in windows(rows, kind, window, every):
            flat = [r for r, _ in inside]
            hits.append({"start": start, "end": end, "flows": len(flat), "ports": len({r[3] for r in flat}),
                         "last": flat[-1][3], "total": sum(r[4] for r in flat)})
        out[source] = fold(hits) if kind == "window" else hits
    return out


def fold(hits):
    """Windows of a group that overlap are one occurrence: the one with most flows, then the first, spanning all."""
    out = []
    for hit in hits:
        if out and hit["start"] < out[-1]["end"]:
            start, worst = out[-1]["start"], max(out[-1], hit, key=lambda h: h["flows"])
            out[-1] = dict(worst, start=start, end=hit["end"])
        else:
            out.append(dict(hit))
    return out


def seconds(text):
    from datetime import datetime
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def told(names, threads, seed):
    env = dict(os.environ)
    if seed:
        env["FL_SCHEDULE"] = str(seed)
    run = subprocess.run([FLOWLAW, "audit", "-p", "policy.yaml", "-o", "json", "--threads", str(threads), *names],
                         env=env, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"status {run.returncode}: {run.stderr}")
    out = {}
    for line in run.stdout.splitlines():
        f = json.loads(line)
        if f["type"] == "finding":
            out.setdefault(f["rule"], {})[f["group"]["srcaddr"]] = f["occurrences"]
    return run.stdout, out


def same(wanted, occurrences):
    if occurrences["count"] != len(wanted):
        return f"{occurrences['count']} occurrences, not {len(wanted)}"
    by_window = {(h["start"], h["end"]): h for h in wanted}
    for worst in occurrences["worst"]:
        window = worst.get("window")
        key = (seconds(window["start"]), seconds(window["end"])) if window else (None, None)
        hit = by_window.get(key)
        if hit is None:
            return f"no such window: {window}"
        got = {"flows": worst["flows"], **worst["measures"]}
        if got != {k: v for k, v in hit.items() if k not in ("start", "end")}:
            return f"{got} is not {hit}"
    return None


def main():
    rules()
    for seed in range(1, 25):
        dice = random.Random(seed)
        all_records = records(dice)
        for split in range(2):
            placed, names = write(dice, all_records)
            _, got = told(names, dice.choice([1, 2, 5]), dice.choice([0, seed + split]))
            for name, (_, kind, window, every) in SHAPES.items():
                for source, wanted in expected(placed, kind, window, every).items():
                    why = same(wanted, got[name][source])
                    if why:
                        sys.exit(f"seed {seed}, {name}, {source}: {why}")
    print("windows equal the reference")


main()
