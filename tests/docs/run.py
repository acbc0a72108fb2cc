#!/usr/bin/env python3
"""Runs what README.md and docs/*.md show. usage: tests/docs/run.py FLOWLAW [FILE.md...]

Each document gets a folder of its own, with `flowlaw` in the PATH and examples/ and policies/ of the tree. In order:

    ```LANG file=PATH   the block is written to PATH
    ```console          lines with "$ " are run by one bash, those with "> " go on; stdout and stderr must be the lines
                        beneath. A line "..." stands for any lines; "text ..." for a line that begins with text.
    ```expr             each line is a condition that must load; what follows "  --" is a remark

Other blocks are for reading only. Prints "ok NAME" or "FAIL NAME" and what was got, as tests/golden/run.sh does.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "\x01status"
EXPR_POLICY = """version: 1
name: expressions
networks: { app: 10.0.1.0/24, db: 10.0.10.0/24, bastion: 10.0.3.10 }
services: { postgres: [tcp/5432, tcp/6432] }
rules:
"""
EXPR_PARAMS = 'params = { scanners = network "10.9.0.0/16", port = port(22), limit = number(5) }'


def blocks(path):
    """(line, info words, lines) of each fenced block."""
    opened = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if opened is None and line.startswith("```"):
            opened = (number, line[3:].split(), [])
        elif opened is not None and line == "```":
            yield opened
            opened = None
        elif opened is not None:
            opened[2].append(line)
    if opened is not None:
        raise SystemExit(f"{path}:{opened[0]}: this block has no end")


def commands(number, lines):
    """(line, command, expected lines) of each command of a console block."""
    found = []
    for offset, line in enumerate(lines, 1):
        if line.startswith("$ "):
            found.append((number + offset, line[2:], []))
        elif line.startswith("> ") and found and not found[-1][2]:
            found[-1] = (found[-1][0], found[-1][1] + "\n" + line[2:], [])
        elif found:
            found[-1][2].append(line)
        else:
            raise SystemExit(f"line {number + offset}: a console block begins with $")
    return found


def same(expected, got):
    if expected.endswith(" ..."):
        return got.startswith(expected[:-4])
    return expected == got


def matches(expected, got):
    """Lines against lines, "..." being any number of them."""
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and same(expected[0], got[0]) and matches(expected[1:], got[1:])


def run_console(number, lines, folder, environment):
    """None, or what went wrong."""
    found = commands(number, lines)
    script = "".join(f"{command}\n__status=$?; echo '{MARK}'; (exit $__status)\n" for _, command, _ in found)
    try:
        done = subprocess.run(["bash", "-c", "exec 2>&1\n" + script], cwd=folder, env=environment, timeout=20,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return f"line {number}: took longer than 20 s"
    parts = done.stdout.decode("utf-8", "replace").split(MARK + "\n")
    for (line, command, expected), text in zip(found, parts):
        got = text.splitlines()
        if not matches(expected, got):
            show = ["  " + l for l in [f"$ {command}", "--- documented", *expected, "--- got", *got[:60]]]
            return f"line {line}:\n" + "\n".join(show)
    return None if len(parts) > len(found) else f"line {number}: bash stopped before the last command"


def check_conditions(conditions, folder, environment):
    """Every condition is the `where` of a rule of one policy, so that one run tells all errors."""
    place = folder / "conditions"
    (place / "rules").mkdir(parents=True)
    policy = EXPR_POLICY
    for line, text in conditions:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        (place / "rules" / f"line-{line}.lua").write_text(
            f'rule {{ title = "x", severity = "low", identity = {{ "srcaddr" }}, {EXPR_PARAMS},\n  where = "{quoted}" }}\n')
        policy += f"  - use: line-{line}\n"
    (place / "policy.yaml").write_text(policy)
    done = subprocess.run(["flowlaw", "check", "-p", "policy.yaml"], cwd=place, env=environment, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return None if done.returncode == 0 else done.stdout.decode("utf-8", "replace")


def run_document(path, flowlaw):
    name = path.relative_to(ROOT).as_posix() if ROOT in path.parents else path.name
    problems, count, conditions = [], 0, []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "work"
        tools = pathlib.Path(temporary) / "bin"
        folder.mkdir()
        tools.mkdir()
        (tools / "flowlaw").symlink_to(flowlaw)
        for shared in ("examples", "policies"):
            (folder / shared).symlink_to(ROOT / shared)
        environment = {"PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C", "HOME": temporary, "TMPDIR": temporary}
        for number, info, lines in blocks(path):
            file = next((word[5:] for word in info if word.startswith("file=")), None)
            if file is not None:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("\n".join(lines) + "\n")
            elif info[:1] == ["console"]:
                count += 1
                problem = run_console(number, lines, folder, environment)
                if problem is not None:
                    problems.append(problem)
            elif info[:1] == ["expr"]:
                count += len(lines)
                conditions += [(number + i, re.split(r"  --", line)[0].strip()) for i, line in enumerate(lines, 1)
                               if line.strip()]
        if conditions:
            problem = check_conditions(conditions, folder, environment)
            if problem is not None:
                problems.append(problem)
    for problem in problems:
        print(f"FAIL docs {name} {problem}")
    if not problems:
        print(f"ok docs {name} ({count} examples)")
    return not problems


def keys_of(value):
    """Keys of a results line, without the names that rules and logs bring."""
    found = set()
    for key, inner in value.items() if isinstance(value, dict) else ():
        found.add(key)
        if key not in ("group", "measures", "params", "extra", "fields"):
            found |= keys_of(inner)
    for inner in value if isinstance(value, list) else ():
        found |= keys_of(inner)
    return found


def check_result_keys(flowlaw):
    """Each key that the quickstart's results hold stands in its part of docs/results.md."""
    page = (ROOT / "docs/results.md").read_text()
    parts = {part.split("\n")[0]: part for part in page.split("\n## ")}
    done = subprocess.run([str(flowlaw), "audit", "-p", "policy.yaml", "-o", "json", "logs"], timeout=20,
                          cwd=ROOT / "examples/quickstart", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    missing = set()
    for line in done.stdout.decode().splitlines():
        record = json.loads(line)
        kind = record.pop("type")
        part = parts.get(kind, "") + (parts["run"] if "coverage" in record else "")
        missing |= {f"{kind}.{key}" for key in keys_of(record) if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", part)}
    print(f"FAIL docs results.md lacks {', '.join(sorted(missing))}" if missing else "ok docs keys of results")
    return not missing


def check_lua_names():
    """docs/lua_api.md lists the functions that core/lua/library.c gives to rules, no others, and its limits."""
    page, code = (ROOT / "docs/lua_api.md").read_text(), (ROOT / "core/lua/library.c").read_text()
    limits = (ROOT / "core/base/limits.h").read_text()
    wrong = []
    parts = {"string": "add_strings.*?names", "table": "tables", "math": "numbers", "utf8": "characters"}
    for name, array in parts.items():
        ours = set(re.findall(r'"(\w+)"', re.search(array + r"\[\] = \{(.*?)\}", code, re.S).group(1)))
        ours |= {"sort"} if name == "table" else set()
        told = set(re.search(rf"^\| `{name}` \| `(.*?)` \|", page, re.M).group(1).split())
        wrong += [f"{name}: {', '.join(sorted(ours ^ told))}"] if ours != told else []
    base = re.findall(r'"(\w+)"', re.search(r"base\[\] = \{(.*?)\}", code, re.S).group(1))
    told = re.search(r"Global: `(.*?)`", page, re.S).group(1).split()
    wrong += [f"global: {name}" for name in base if name not in told]
    for name in ("STEPS_PER_CALL", "STEPS_LOAD", "FAILURES_MAX"):
        number = int(re.search(rf"FL_LUA_{name} +(\d+)", limits).group(1))
        wrong += [f"limit {number:,}"] if f"| {number:,} " not in page else []
    print(f"FAIL docs lua_api.md differs in {'; '.join(wrong)}" if wrong else "ok docs names of Lua")
    return not wrong


def check_expression_names(flowlaw):
    """docs/expressions.md names every built-in network and every operator."""
    page = (ROOT / "docs/expressions.md").read_text()
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "policy.yaml"
        policy.write_text(EXPR_POLICY.replace("rules:\n", ""))
        done = subprocess.run([str(flowlaw), "list", "networks", "-p", str(policy), "-o", "json"], timeout=20,
                              stdout=subprocess.PIPE, check=True)
    rows = map(json.loads, done.stdout.decode().splitlines())
    wrong = [row["name"] for row in rows
             if row["kind"] == "built-in" and not re.search(rf"[`\s]{row['name']}[`\s]", page)]
    wrong += [word for word in ("and", "or", "not", "in", "matches", "is null", "==", "!=", "<=", ">=", "%")
              if word not in page]
    print(f"FAIL docs expressions.md lacks {', '.join(wrong)}" if wrong else "ok docs names of expressions")
    return not wrong


def main():
    flowlaw = pathlib.Path(sys.argv[1]).resolve()
    documents = [pathlib.Path(name).resolve() for name in sys.argv[2:]]
    documents = documents or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    results = [run_document(path, flowlaw) for path in documents]
    if len(sys.argv) == 2:
        results += [check_result_keys(flowlaw), check_lua_names(), check_expression_names(flowlaw)]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
