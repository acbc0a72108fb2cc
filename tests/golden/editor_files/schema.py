"""A JSON Schema validator for the words that `flowlaw editor policy-schema` uses, and what it must say of policies.

usage: schema.py SCHEMA.json POLICY.yaml...    each must be accepted; then planted mistakes must be refused."""
import json
import pathlib
import re
import sys

import yaml_subset

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "anyOf", "items", "minimum",
         "maximum", "oneOf", "pattern", "properties", "additionalProperties", "required"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def is_type(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def check(schema, value, root, path="policy"):
    """The first thing that is wrong, or None."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        wrong = check(target, value, root, path)
        if wrong:
            return wrong
    types = schema.get("type")
    if types is not None and not any(is_type(value, t) for t in ([types] if isinstance(types, str) else types)):
        return f"{path}: not of type {types}"
    if "const" in schema and (value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool)):
        return f"{path}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{path}: none of {schema['enum']}"
    if "minimum" in schema and value < schema["minimum"]:
        return f"{path}: less than {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        return f"{path}: more than {schema['maximum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{path}: does not match {schema['pattern']}"
    if "anyOf" in schema and all(check(one, value, root, path) for one in schema["anyOf"]):
        return f"{path}: fits nothing that may stand here"
    if "oneOf" in schema and sum(not check(one, value, root, path) for one in schema["oneOf"]) != 1:
        return f"{path}: fits not exactly one of what may stand here"
    for i, item in enumerate(value if isinstance(value, list) else ()):
        wrong = "items" in schema and check(schema["items"], item, root, f"{path}[{i}]")
        if wrong:
            return wrong
    if isinstance(value, dict):
        for key in schema.get("required", ()):
            if key not in value:
                return f"{path}: {key} is missing"
        for key, inner in value.items():
            known = schema.get("properties", {})
            rest = schema.get("additionalProperties", True)
            if key in known:
                wrong = check(known[key], inner, root, f"{path}.{key}")
            elif rest is False:
                wrong = f"{path}: there is no key {key}"
            else:
                wrong = check(rest, inner, root, f"{path}.{key}") if isinstance(rest, dict) else None
            if wrong:
                return wrong
    return None


MISTAKES = """
nme: x
intent: []
networks: [10.0.0.0/8]
networks: { app: { cdr: 10.0.0.0/8 } }
services: { web: { tcp: 443 } }
intents: { id: x }
intents: [{ id: x, to: db, only: { from: app } }]
intents: [{ id: x, to: db }]
intents: [{ id: x, to: db, deny: false }]
intents: [{ id: x, to: db, only: [{ from: app }], deny: true }]
intents: [{ id: x, to: db, ony: [{ from: app }] }]
intents: [{ to: db, deny: true }]
intents: [{ id: x, to: db, deny: maybe }]
intents: [{ id: x, to: db, from: app, expect: { every: often } }]
intents: [{ id: x, to: db, from: app, expect: { every: 1d, each: hosts } }]
intents: [{ id: x, to: db, deny: true, severity: huge }]
intents: [{ id: x, to: db, deny: true, expires: tomorrow }]
rules: [scan/*]
rules: [{ us: scan/* }]
rules: [{ use: scan/*, params: [1] }]
waivers: [{ rule: x }]
waivers: [{ rule: x, reason: y, effect: gone }]
fail_on: never
evidence: many
evidence: 0
evidence: 101
max_groups: 0
max_skipdata: 200%
max_skipdata: 1.5
dedupe: 1
prices: { nat_gb: [1] }
formats: true
version: 2
""".strip().splitlines()


ACCEPTED = """
version: "1"
max_skipdata: 0.05
max_skipdata: 2.5%
max_skipdata: 100%
intents: [{ id: x, to: db, only: [{ from: app }], deny: false }]
""".strip().splitlines()


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
    for name in sys.argv[2:]:
        wrong = check(schema, yaml_subset.load(pathlib.Path(name).read_text()), schema)
        if wrong:
            print(f"{name}: {wrong}")
    print("accepts the policies")
    base = {"version": 1, "name": "x"}
    assert check(schema, base, schema) is None
    for right in ACCEPTED:
        wrong = check(schema, {**base, **yaml_subset.load(right)}, schema)
        if wrong:
            print(f"REFUSED: {right}  ->  {wrong}")
    for mistake in MISTAKES:
        wrong = check(schema, {**base, **yaml_subset.load(mistake)}, schema)
        print(f"{mistake}  ->  {wrong}" if wrong else f"ACCEPTED: {mistake}")


main()
