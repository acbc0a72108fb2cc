"""Audits random records by rules with sequence{}, and compares each count with a search over all beginnings."""
import json
import os
import random
import subprocess
import sys

FLOWLAW = sys.argv[1]
HEADER = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
BEGIN = 1764000000
TESTS = {"rejected": lambda r: r["action"] == "REJECT", "accepted": lambda r: r["action"] == "ACCEPT",
         "dstport == 1": lambda r: r["port"] == 1, "dstport < 3": lambda r: r["port"] < 3,
         "bytes > 500": lambda r: r["bytes"] > 500}


def shape(dice):
    steps = [(dice.choice(list(TESTS)), dice.choice([1, 1, 2, 3])) for _ in range(dice.randint(1, 4))]
    return steps, dice.choice([None, 5, 20, 60])


def declare(name, steps, within):
    texts = [f'"{f}"' if times == 1 else f'{{ "{f}", times = {times} }}' for f, times in steps]
    if within:
        texts.append(f'within = "{within}s"')
    with open(f"rules/{name}.lua", "w", encoding="utf-8") as out:
        out.write(f'rule {{ title = "{name}", severity = "low", group_by = {{ "srcaddr" }},\n'
                  f'  measure = {{ n = sequence{{ {", ".join(texts)} }} }} }}\n')


def completes_at(rows, begin, units):
    """Index of the record that completes the units when the record `begin` meets the first; None."""
    at = begin
    for i, unit in enumerate(units):
        while at < len(rows) and not TESTS[unit](rows[at]):
            if i == 0:
                return None
            at += 1
        if at == len(rows):
            return None
        at += 1
    return at - 1


def count(rows, steps, within):
    units = [f for f, times in steps for _ in range(times)]
    found, begin = 0, 0
    while True:
        ends = [(completes_at(rows, b, units), b) for b in range(begin, len(rows))]
        ends = [e for e, b in ends if e is not None and (within is None or rows[e]["start"] - rows[b]["start"] <= within)]
        if not ends:
            return found
        found, begin = found + 1, min(ends) + 1


def write(dice):
    for name in os.listdir("."):
        if name.endswith(".log"):
            os.remove(name)
    files = {f"{i}.log": [] for i in range(dice.randint(1, 4))}
    rows = []
    for _ in range(dice.randint(1, 60)):
        name, start = dice.choice(list(files)), BEGIN + dice.randint(0, 90)
        r = {"start": start, "end": start + dice.randint(0, 2), "name": name, "at": len(files[name]),
             "src": f"10.0.0.{dice.randint(1, 2)}", "port": dice.randint(1, 4), "bytes": dice.randint(0, 1000),
             "action": dice.choice(["ACCEPT", "REJECT"])}
        rows.append(r)
        files[name].append(f"2 1 eni-1 {r['src']} 10.9.0.1 40000 {r['port']} 6 1 {r['bytes']} {r['start']} {r['end']} "
                           f"{r['action']} OK")
    for name, lines in files.items():
        with open(name, "w", encoding="utf-8") as out:
            out.write("\n".join([HEADER] + lines) + "\n")
    rows.sort(key=lambda r: (r["start"], r["end"], r["name"], r["at"]))
    names = list(files)
    dice.shuffle(names)
    return rows, names


def main():
    os.makedirs("rules", exist_ok=True)
    for seed in range(1, 40):
        dice = random.Random(seed)
        shapes = {f"s{i}": shape(dice) for i in range(4)}
        for name, (steps, within) in shapes.items():
            declare(name, steps, within)
        with open("policy.yaml", "w", encoding="utf-8") as out:
            out.write("version: 1\nname: p\nrules: [" + ", ".join(f"{{ use: {n} }}" for n in shapes) + "]\n")
        rows, names = write(dice)
        run = subprocess.run([FLOWLAW, "audit", "-p", "policy.yaml", "-o", "json", "--threads", "3", *names],
                             env=dict(os.environ, FL_SCHEDULE=str(seed)), capture_output=True, text=True, check=False)
        seen = 0
        for line in run.stdout.splitlines():
            f = json.loads(line)
            if f["type"] != "finding":
                continue
            steps, within = shapes[f["rule"]]
            wanted = count([r for r in rows if r["src"] == f["group"]["srcaddr"]], steps, within)
            seen += 1
            if f["measures"]["n"] != wanted:
                sys.exit(f"seed {seed}: {steps} within {within}: {f['measures']['n']} is not {wanted}")
        if seen != 4 * len({r["src"] for r in rows}):
            sys.exit(f"seed {seed}: {seen} findings: {run.stderr}")
    print("sequences equal the reference")


main()
