#!/usr/bin/env python3
"""docs/rule_reference.md from the bundled rules. usage: reference.py FLOWLAW [--write]

Without --write it compares: "ok docs docs/rule_reference.md", or FAIL when the page is not what the rules say.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "rule_reference.md"
HEAD = """# Reference of the bundled rules

What each rule that comes with flowlaw asks, its parameters with their defaults, the controls that it serves, and the fields
that it reads: a log that lacks one of them may make it "not evaluated". [The catalogue](catalogue.md) tells how they do on a
healthy and on a bad day. This page is written by `make reference` from the rules themselves.
"""
BUILT_IN = {"ours", "private", "internet", "platform", "metadata", "multicast", "any"}


def rules_of(flowlaw):
    lines = subprocess.run([flowlaw, "list", "rules", "-o", "json"], capture_output=True, text=True, check=True).stdout
    found = [json.loads(line) for line in lines.splitlines()]
    return sorted((rule for rule in found if rule["use"] in ("used", "not used")), key=lambda rule: rule["id"])


def fields_of(flowlaw, rules):
    """The fields that each rule reads, as `check` tells them under a policy that uses them all."""
    names = {name for rule in rules for param in rule["params"] if param["value"] == "network"
             for name in re.findall(r"[a-z_]+", param["default"])} - BUILT_IN
    with tempfile.TemporaryDirectory(prefix="flowlaw-reference-") as scratch:
        policy = pathlib.Path(scratch) / "all.yaml"
        policy.write_text("version: 1\nname: all\nnetworks:\n" + "".join(f"  {name}: 192.0.2.1\n" for name in sorted(names))
                          + "rules:\n" + "".join(f"  - use: {rule['id']}\n" for rule in rules), encoding="ascii")
        told = subprocess.run([flowlaw, "check", "-p", policy], capture_output=True, text=True, check=False).stdout
    return dict(re.findall(r"^  (\S+)\n(?:    (?!reads).*\n)*    reads: (.*)$", told, re.MULTILINE))


def entry(rule, fields):
    signal = ", a signal: other rules read it" if rule.get("signal") else ""
    lines = [f"### `{rule['id']}`", "", f"{rule['title']} ({rule['severity']}{signal}). {rule['description'] or ''}".strip(), ""]
    lines += [f"- `{param['name']}` = `{param['default']}`: {param['what']}" for param in rule["params"]]
    for name in ("controls", "attack"):
        if rule[name]:
            lines.append(f"- {name if name == 'controls' else 'ATT&CK'}: {', '.join(rule[name])}")
    if rule["id"] in fields:
        lines.append(f"- reads: {fields[rule['id']]}")
    if rule["remediation"]:
        lines.append(f"- remedy: {rule['remediation']}")
    return "\n".join(lines) + "\n"


def page(flowlaw):
    rules = rules_of(flowlaw)
    fields = fields_of(flowlaw, rules)
    parts, family = [HEAD], None
    for rule in rules:
        if rule["id"].split("/")[0] != family:
            family = rule["id"].split("/")[0]
            parts.append(f"## {family}\n")
        parts.append(entry(rule, fields))
    return "\n".join(parts)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    text = page(sys.argv[1])
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
        return
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
    print(f"{'ok' if same else 'FAIL'} docs docs/rule_reference.md{'' if same else ': it is old: make reference'}")
    sys.exit(not same)


if __name__ == "__main__":
    main()
