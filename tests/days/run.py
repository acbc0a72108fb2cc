#!/usr/bin/env python3
"""Judges every bundled rule on both days.

usage: run.py FLOWLAW [--keep DIR] [--only GLOB] [--seed TEXT] [--verbose] [--table]

For each version and rule, the innocent day must be silent or explained by speakers.json; each planting of the bad day
must be found once and nothing else; and a rule that cannot be evaluated in a version must say so. The last line is
"N passed, N failed". --keep DIR generates there and leaves it; --table writes the verdicts into docs/catalogue.md and
judges nothing.
"""
import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import generate  # noqa: E402
from planted import PLANTINGS  # noqa: E402

VERSIONS = ("v2", "v5", "tgw")


def audit(flowlaw, folder, inputs):
    """(rules by id, findings) of the audits by each policy of the folder. No rule is in two of them."""
    rules, findings = {}, []
    for policy in generate.POLICIES:
        some, more = run(flowlaw, f"{folder}/{policy}", inputs)
        rules.update(some)
        findings += more
    return rules, findings


def run(flowlaw, policy, inputs, statuses=(0,)):
    done = subprocess.run([flowlaw, "audit", "-p", policy, "-o", "json", *inputs], capture_output=True, text=True)
    rules, findings = {}, []
    for line in done.stdout.splitlines():
        document = json.loads(line)
        if document["type"] == "rule":
            rules[document["id"]] = document
        elif document["type"] == "finding":
            findings.append(document)
    if done.returncode not in statuses or not rules:
        raise SystemExit(f"the audit by {policy} ended with {done.returncode}:\n{done.stderr}")
    return rules, findings


def matches(entry, finding, version):
    """Does the finding have the rule and the group values that the entry names for this version?"""
    if not fnmatch.fnmatchcase(finding["rule"], entry["rule"]) or version not in entry.get("versions", VERSIONS):
        return False
    return all(fnmatch.fnmatchcase(str(finding["group"].get(key)), value[version] if isinstance(value, dict) else value)
               for key, value in entry.get("group", {}).items())


def explained(entries, finding, version):
    """Is there an entry of speakers.json for this finding? Notes that the entry was of use."""
    found = [entry for entry in entries if matches(entry, finding, version)]
    for entry in found:
        entry["used"] = True
    return bool(found)


def show(finding):
    group = " ".join(f"{key}={value}" for key, value in finding["group"].items())
    return f"{finding['rule']} [{group}] {finding['severity']}: {finding['message']}"


def bundled(flowlaw):
    """The ids of all bundled rules."""
    done = subprocess.run([flowlaw, "list", "rules", "-o", "json"], capture_output=True, text=True, check=True)
    return {document["id"] for document in map(json.loads, done.stdout.splitlines()) if document.get("type") == "rule"}


class Judge:
    """Complaints by (version, rule); a pair without one has passed."""

    def __init__(self, speakers, only):
        self.speakers, self.only = speakers, only
        self.wrong = {}
        self.judged = set()

    def say(self, version, rule, text):
        self.wrong.setdefault((version, rule), []).append(text)

    def version(self, version, innocent, bad):
        (rules, quiet), (bad_rules, loud) = innocent, bad
        for rule in rules.values():
            if fnmatch.fnmatchcase(rule["id"], self.only):
                self.judged.add((version, rule["id"]))
                self.rule(version, rule, bad_rules[rule["id"]], [f for f in quiet if f["rule"] == rule["id"]],
                          [f for f in loud if f["rule"] == rule["id"]])

    def rule(self, version, rule, bad_rule, quiet, loud):
        name = rule["id"]
        for finding in quiet:
            if not explained(self.speakers["innocent"], finding, version):
                self.say(version, name, "speaks on the innocent day: " + show(finding))
        plantings = [p for p in PLANTINGS if p["rule"] == name]
        if not plantings and not rule.get("signal"):
            self.say(version, name, "nothing is planted for this rule")
        if not bad_rule["evaluated"]:
            self.unable(version, bad_rule, plantings)
            return
        rest = {finding["id"]: finding for finding in loud}
        for planting in plantings:
            if version not in planting["versions"]:
                if version not in planting["unseen"]:
                    self.say(version, name, f"is evaluated, and nothing says why it cannot see: {planting['what']}")
                continue
            found = [f for f in rest.values() if matches(planting, f, version)]
            if len(found) != 1:
                self.say(version, name, f"found {len(found)} times, not once: {planting['what']} {planting['group']}")
            for finding in found:
                del rest[finding["id"]]
                told = {name: finding["measures"].get(name) for name in planting["measures"]}
                if told != planting["measures"]:
                    self.say(version, name, f"tells {told}, planted was {planting['measures']}: {planting['what']}")
        for finding in rest.values():
            if not explained(self.speakers["innocent"] + self.speakers["beside"], finding, version):
                self.say(version, name, "speaks on the bad day of what is not planted: " + show(finding))

    def unable(self, version, rule, plantings):
        name = rule["id"]
        if not rule["reason"]:
            self.say(version, name, "is not evaluated and gives no reason")
        if any(version in planting["versions"] for planting in plantings):
            self.say(version, name, f"is not evaluated, but its planting can be seen: {rule['reason']}")


DOCUMENT = HERE.parents[1] / "docs" / "catalogue.md"
BEGIN, END = "<!-- verdicts: make verdicts -->\n", "<!-- end of verdicts -->\n"


def table(results):
    """The verdicts of each rule on both days, as Markdown."""
    lines = ["| rule | severity | what it finds | innocent: v2, v5, tgw | bad: v2, v5, tgw |", "|---|---|---|---|---|"]
    for name, rule in sorted(results["v5"][0][0].items()):
        cells = [" ".join(verdict(name, *results[version][day], version, day) for version in VERSIONS)
                 for day in (0, 1)]
        severity = "signal" if rule.get("signal") else rule["severity"]
        lines.append(f"| `{name}` | {severity} | {rule['title']} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def verdict(name, rules, findings, version, bad):
    """n/e, or the number of planted findings, with a plus where there are others."""
    if not rules[name]["evaluated"]:
        return "n/e"
    mine = [f for f in findings if f["rule"] == name]
    planted = [f for f in mine if bad and any(matches(p, f, version) for p in PLANTINGS)]
    return f"{len(planted)}{'+' if len(mine) > len(planted) else ''}"


def documented():
    """The text before, of and after the table of docs/catalogue.md."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    shown, after = rest.split(END)
    return before + BEGIN, shown, END + after


def bundled_policies(flowlaw, folder, speakers):
    """(policy, complaints) of each policy that comes with the program, which knows nothing of this network: the
    innocent day in v2 and v5 must leave it as silent as speakers.json says."""
    for policy in sorted((HERE.parents[1] / "policies").glob("*.yaml")):
        entries = [e for e in speakers["bundled"] if e["policy"] in (policy.stem, "*")] + speakers["innocent"]
        complaints = []
        for version in ("v2", "v5"):
            for finding in run(flowlaw, policy, [f"{folder}/innocent/{version}"], (0, 1, 3))[1]:
                if not explained(entries, finding, version):
                    complaints.append(f"{version}: " + show(finding))
        yield policy.stem, complaints


def judgements(flowlaw, folder, results, speakers, only):
    """(what was judged, complaints) in the order in which they are printed."""
    judge = Judge(speakers, only)
    for version, (innocent, bad) in results.items():
        judge.version(version, innocent, bad)
    for version, rule in sorted(judge.judged):
        yield f"{version} {rule}", judge.wrong.get((version, rule), [])
    if only != "*":
        return
    known = set(results["v5"][0][0])
    for rule in sorted({planting["rule"] for planting in PLANTINGS} - known):
        yield rule, ["something is planted for it, and there is no such rule"]
    for rule in sorted(bundled(flowlaw) - known):
        yield rule, ["no policy of the days uses it"]
    for policy, complaints in bundled_policies(flowlaw, folder, speakers):
        yield "policy " + policy, complaints
    if not generate.Rng.other:
        stale = [] if documented()[1] == table(results) else ["its table is old: make verdicts"]
        yield "docs/catalogue.md", stale
    idle = [entry["reason"] for entries in speakers.values() for entry in entries if "used" not in entry]
    yield "speakers.json", ["explains what nobody says: " + reason for reason in idle]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("flowlaw")
    options.add_argument("--keep")
    options.add_argument("--only", default="*")
    options.add_argument("--seed", default="", help="judge other days of the same kind")
    options.add_argument("--verbose", action="store_true")
    options.add_argument("--table", action="store_true")
    options = options.parse_args()
    speakers = json.loads((HERE / "speakers.json").read_text())
    with tempfile.TemporaryDirectory(prefix="flowlaw-days-") as scratch:
        folder = options.keep or scratch
        generate.Rng.other = options.seed
        generate.write(folder)
        results = {}
        for version in VERSIONS:
            quiet, planted = f"{folder}/innocent/{version}", f"{folder}/bad/{version}"
            results[version] = (audit(options.flowlaw, f"{folder}/innocent", [quiet]),
                                audit(options.flowlaw, f"{folder}/bad", [quiet, planted]))
        if options.table:
            before, _, after = documented()
            DOCUMENT.write_text(before + table(results) + after)
            return 0
        passed = failed = 0
        for what, complaints in judgements(options.flowlaw, folder, results, speakers, options.only):
            print(f"{'FAIL' if complaints else 'ok'} days {what}")
            for text in complaints[:None if options.verbose else 4]:
                print("    " + text)
            passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
