"""The documents agree with the tree: paths exist, links lead somewhere, limits, ports and keys are those of the code."""
import pathlib
import re
import sys

LINES_MAX = 220

bad = []


def read(path):
    return pathlib.Path(path).read_text()


def value(text):
    """The number that a C constant like (8u * 1024u) stands for."""
    number = 1
    for factor in re.findall(r"\d+", text):
        number *= int(factor)
    return number


def check_length(path):
    count = len(read(path).splitlines())
    if count > LINES_MAX and path.name != "rule_reference.md":  # which is generated, to look things up
        bad.append(f"{path}: {count} lines, more than {LINES_MAX}")


def check_links(path):
    for target in re.findall(r"\]\(([^)#]+)\)", re.sub(r"```.*?```", "", read(path), flags=re.S)):
        place = (path.parent / target).resolve()
        if "://" not in target and not place.exists():
            bad.append(f"{path}: the link {target} leads nowhere")


def check_paths(path):
    """Every path in quotes that begins with a folder or file of the tree exists."""
    tops = {p.name for p in pathlib.Path(".").iterdir()}
    for word in re.findall(r"`([\w./-]+)`", read(path)):
        if word.split("/")[0] in tops and "/" in word and not pathlib.Path(word).exists():
            bad.append(f"{path}: there is no {word}")


def check_limits():
    text = read("docs/limits.md")
    for name, what in re.findall(r"^#define (FL_\w+) +(.*?)(?:/\*.*)?$", read("core/base/limits.h"), re.M):
        if not re.search(r"\d", what):
            continue
        row = re.search(rf"^\| `{name}` \| ([\d,]+)", text, re.M)
        if row is None:
            bad.append(f"docs/limits.md: {name} is missing")
        elif value(row.group(1).replace(",", "")) != value(what):
            bad.append(f"docs/limits.md: {name} is {value(what)}, not {row.group(1)}")


def check_ports():
    sections = dict(re.findall(r"^## (.*?)\n\n(.*?)\n\n", read("docs/ports.md"), re.M | re.S))
    code = read("core/policy/ports.c")
    for array, title in (("both", "TCP and UDP"), ("tcp_only", "TCP only"), ("udp_only", "UDP only")):
        ours = {int(n) for n in re.findall(r"\d+", re.search(rf"{array}\[\] = \{{(.*?)\}}", code, re.S).group(1))}
        theirs = {int(n) for n in re.findall(r"`(\d+)`", sections.get(title, ""))}
        if ours != theirs:
            bad.append(f"docs/ports.md, {title}: differs in {sorted(ours ^ theirs)}")


def members():
    """What measures with several values call them."""
    tables = re.findall(r"_names\[\] = \{(.*?)\}", read("core/measure/member.c"), re.S)
    return [name for table in tables for name in re.findall(r'"(\w+)"', table)]


def check_keys():
    """Each key that a loader accepts stands in the page about it."""
    policies, intents, rules = read("docs/policies.md"), read("docs/intents.md"), read("docs/rules.md")
    keys = re.findall(r"^FL_KEY\((\w+), (\w+),", read("core/policy/keys.def"), re.M)
    of = lambda *maps: [name for kind, name in keys if kind in maps]
    wanted = [("docs/policies.md", policies, of("POLICY", "NETWORK", "USE", "WAIVER")),
              ("docs/intents.md", intents, of("INTENT", "ONLY", "EXPECT")),
              ("docs/rules.md", rules, re.findall(r"^FL_RULE_KEY\((\w+),", read("core/lua/rule_keys.def"), re.M))]
    measures = re.findall(r"FL_MEASURE\(\w+, (\w+),\s*\"", read("core/measure/measures.def"))
    wanted.append(("docs/measures.md", read("docs/measures.md"), measures + members()))
    for page, text, keys in wanted:
        for key in keys:
            if not re.search(rf"[`\s]{key}\b", text):
                bad.append(f"{page}: {key} is missing")


documents = [pathlib.Path("README.md"), pathlib.Path("CONTRIBUTING.md"), *sorted(pathlib.Path("docs").glob("*.md"))]
for document in documents:
    check_length(document)
    check_links(document)
    check_paths(document)
check_limits()
check_ports()
check_keys()
print("\n".join(bad), end="\n" if bad else "")
sys.exit(bool(bad))
