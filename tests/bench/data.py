"""What the benchmark reads: generated logs, kept for the next run, and a policy of twenty rules."""
import hashlib
import json
import os
import pathlib
import subprocess

MINUTE_SECONDS = 60
FIRST_START = 1700000040  # of tests/bench/gen
GZ_ROWS = 286000          # about 8 MB compressed

# Port, least bytes, destinations, excluded sources. Interfaces of the generator's company: web servers in
# 10.0.1-4, app servers in 10.0.16-23, databases in 10.0.64-65, NAT gateways in 10.0.250, others in 10.1.0-4.
# No two rules can select the same record: they differ in the port or in the destinations. All prefixes end at a
# full octet, so that a rule can be written as a few comparisons of text for mawk.
ELSEWHERE = ["10.9.0.0/16", "172.16.0.0/16", "192.168.0.0/16"]
RULES = [
    (443, 9000, ["10.0.1.0/24", "10.0.4.0/24", "10.0.5.0/24"], ["10.0.250.0/24", *ELSEWHERE, "203.0.0.0/16"]),
    (443, 14000, ["10.0.2.0/24", "10.0.6.0/24", "10.0.7.0/24"], ["10.0.0.0/16", *ELSEWHERE, "198.51.100.0/24"]),
    (443, 20000, ["10.0.3.0/24", "10.0.8.0/24", "10.0.9.0/24"], ["10.0.0.0/16", *ELSEWHERE, "198.51.100.0/24"]),
    (8080, 4000, ["10.0.16.0/24", "10.0.17.0/24", "10.0.18.0/24"], ["10.0.2.0/24", "10.0.4.0/24", *ELSEWHERE]),
    (8080, 3000, ["10.0.19.0/24", "10.0.20.0/24", "10.0.21.0/24"], ["10.0.1.0/24", "10.0.4.0/24", *ELSEWHERE]),
    (5432, 3000, ["10.0.64.0/24", "10.0.66.0/24", "10.0.67.0/24"], ["10.0.16.0/24", "10.0.17.0/24", *ELSEWHERE]),
    (5432, 2000, ["10.0.65.0/24", "10.0.68.0/24", "10.0.69.0/24"], ["10.0.16.0/24", "10.0.1.0/24", *ELSEWHERE]),
    (8443, 4000, ["10.0.16.0/24", "10.0.18.0/24", "10.0.20.0/24"], ["10.0.1.0/24", "10.0.3.0/24", *ELSEWHERE]),
    (9090, 2000, ["10.0.16.0/24", "10.0.17.0/24", "10.0.19.0/24"], ["10.0.2.0/24", "10.0.3.0/24", *ELSEWHERE]),
    (3000, 2000, ["10.0.16.0/24", "10.0.18.0/24", "10.0.22.0/24"], ["10.0.2.0/24", "10.0.3.0/24", *ELSEWHERE]),
    (3306, 3000, ["10.0.64.0/24", "10.0.65.0/24", "10.0.70.0/24"], ["10.0.17.0/24", "10.0.18.0/24", *ELSEWHERE]),
    (27017, 1000, ["10.0.64.0/24", "10.0.65.0/24", "10.0.70.0/24"], ["10.0.17.0/24", "10.0.19.0/24", *ELSEWHERE]),
    (6379, 1000, ["10.0.64.0/24", "10.0.65.0/24", "10.0.70.0/24"], ["10.0.17.0/24", "10.0.20.0/24", *ELSEWHERE]),
    (80, 5000, ["10.0.1.0/24", "10.0.2.0/24", "10.0.5.0/24"], ["10.0.250.0/24", *ELSEWHERE, "203.0.0.0/16"]),
    (80, 2000, ["10.0.3.0/24", "10.0.4.0/24", "10.0.6.0/24"], ["10.0.250.0/24", *ELSEWHERE, "203.0.0.0/16"]),
    (53, 2000, ["10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32"], ["10.0.16.0/24", "10.0.17.0/24", *ELSEWHERE]),
    (123, 1000, ["10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32"], ["10.0.16.0/24", "10.0.17.0/24", *ELSEWHERE]),
    (22, 1000, ["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"], ["10.1.3.0/24", "10.1.4.0/24", *ELSEWHERE]),
    (3389, 100, ["10.1.0.0/24", "10.1.1.0/24", "10.1.3.0/24"], ["10.1.2.0/24", "10.1.4.0/24", *ELSEWHERE]),
    (445, 100, ["10.1.0.0/24", "10.1.2.0/24", "10.1.4.0/24"], ["10.1.1.0/24", "10.1.3.0/24", *ELSEWHERE]),
]
MAWK_RULE = 5  # the one that mawk and its like do: the database port


def rule_id(number):
    return f"rules/r{number:02d}"


def expression(rule):
    port, least, to, not_from = rule
    return (f"dstport == {port} and action == accept and bytes >= {least} "
            f"and dstaddr in {{{', '.join(to)}}} and srcaddr not in {{{', '.join(not_from)}}}")


def awk_prefix(field, prefix):
    """A test of text that the address in the field is in the prefix, which ends at a full octet."""
    address, bits = prefix.split("/")
    octets = int(bits) // 8
    if octets == 4:
        return f'{field} == "{address}"'
    return f'{field} ~ /^{"[.]".join(address.split(".")[:octets])}[.]/'


def awk_condition(rule):
    """The rule for awk, in the order that lets it give up early. IPv6 texts match no prefix, as they should."""
    port, least, to, not_from = rule
    inside = " || ".join(awk_prefix("$5", p) for p in to)
    outside = " || ".join(awk_prefix("$4", p) for p in not_from)
    return f'$7 == {port} && $13 == "ACCEPT" && $10 >= {least} && ({inside}) && !({outside})'


def sql_condition(rule):
    port, least, to, not_from = rule

    def inside(column, prefixes):
        tests = []
        for prefix in prefixes:
            address, bits = prefix.split("/")
            stem = ".".join(address.split(".")[:int(bits) // 8])
            tests.append(f"{column} = '{stem}'" if bits == "32" else f"starts_with({column}, '{stem}.')")
        return "(" + " or ".join(tests) + ")"

    return (f"dstport = '{port}' and action = 'ACCEPT' and try_cast(bytes as bigint) >= {least} "
            f"and {inside('dstaddr', to)} and not {inside('srcaddr', not_from)}")


CODE = {  # name: where, has on_flow
    "none": ("srcport % 32 == 0", False),
    "some": ("srcport % 32 == 0", True),
    "every": (None, True),
}


def write_code(folder):
    """Policies of one rule with and without on_flow, by name."""
    policies = {}
    for name, (where, has_code) in CODE.items():
        at = folder / f"code-{name}"
        (at / "rules").mkdir(parents=True, exist_ok=True)
        (at / "rules" / "code.lua").write_text(
            'rule { title = "code", severity = "low", identity = { "action" }, fields = { "bytes", "packets" },\n'
            + (f'  where = "{where}",\n' if where else "")
            + ("  on_flow = function(flow) return flow.bytes > 100000000000 end,\n" if has_code else "") + "}\n")
        policies[name] = at / "policy.yaml"
        policies[name].write_text("version: 1\nname: code\nfail_on: none\nmax_skipdata: 100%\nrules: [{ use: code }]\n")
    return policies


def write_policy(folder):
    """The twenty rules and their policy; the path of the policy."""
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    for number, rule in enumerate(RULES):
        (rules / f"r{number:02d}.lua").write_text(
            f'rule {{\n  title = "Bench {number}",\n  severity = "low",\n  where = "{expression(rule)}",\n'
            '  finding = "{flows} records",\n}\n')
    policy = folder / "policy.yaml"
    uses = "".join(f"  - use: ./{rule_id(number)}.lua\n" for number in range(len(RULES)))
    policy.write_text("version: 1\nname: bench\nfail_on: none\nmax_skipdata: 100%\nrules:\n" + uses)
    return policy


def write_catalogue(folder):
    """Every bundled rule, with the policy of the days: where that knows hosts by an inventory, by a network."""
    days = pathlib.Path("tests/days")
    lines = [line for line in (days / "policy.yaml").read_text().splitlines() if not line.startswith("inventory:")]
    prices = [line for line in (days / "policy_cost.yaml").read_text().splitlines() if line.startswith("prices:")]
    lines.insert(lines.index("networks:") + 1, "  dark: 10.0.96.0/20")
    lines.insert(lines.index("rules:"), prices[0])
    lines.insert(lines.index("rules:") + 1, "  - use: cost/*")
    policy = folder / "catalogue.yaml"
    policy.write_text("\n".join(lines) + "\n")
    return policy


def write_one_line(folder):
    path = folder / "one-line.log"
    path.write_text("2 123456789012 eni-0a1b2c3d4e5f60718 10.0.1.5 10.0.10.9 40000 5432 6 10 840 1700000000 "
                    "1700000060 ACCEPT OK\n")
    return path


def generate(gen, arguments, path):
    part = path.with_suffix(".part")
    with open(part, "wb") as out:
        subprocess.run([gen, *map(str, arguments)], stdout=out, check=True)
    part.rename(path)


class Data:
    """The files of one size. They are made anew only when the generator or the size has changed."""

    def __init__(self, build, plain_bytes, gz_files):
        root = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "flowlaw-bench"
        self.folder = root / f"{plain_bytes}-{gz_files}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.plain = self.folder / "plain.log"
        self.gz = [self.folder / f"object-{i:02d}.log.gz" for i in range(gz_files)]
        self.policy = write_policy(self.folder)
        self.code = write_code(self.folder)
        self.catalogue = write_catalogue(self.folder)
        self.one_line = write_one_line(self.folder)
        stamp = self.folder / "made-from.json"
        source = pathlib.Path(__file__).with_name("gen.c").read_bytes()
        made_from = {"gen": hashlib.sha256(source).hexdigest(), "plain": plain_bytes, "gz": gz_files,
                     "gz_rows": GZ_ROWS}
        if stamp.exists() and json.loads(stamp.read_text()) == made_from:
            return
        stamp.unlink(missing_ok=True)
        print(f"bench: generating into {self.folder}", flush=True)
        gen = build / "bench" / "gen"
        generate(gen, ["--bytes", plain_bytes, "--seed", 1], self.plain)
        for i, path in enumerate(self.gz):
            start = FIRST_START + i * MINUTE_SECONDS
            generate(gen, ["--gzip", "--rows", GZ_ROWS, "--seed", 1, "--start", start], path)
        stamp.write_text(json.dumps(made_from))

    def cut(self, size_bytes):
        """Whole lines from the start of the plain file, for programs that would take too long with all of it."""
        if self.plain.stat().st_size < size_bytes * 3 // 2:
            return self.plain
        path = self.folder / f"plain-{size_bytes}.log"
        if not path.exists() or path.stat().st_mtime < self.plain.stat().st_mtime:
            with open(self.plain, "rb") as text:
                head = text.read(size_bytes)
            path.write_bytes(head[:head.rindex(b"\n") + 1])
        return path
