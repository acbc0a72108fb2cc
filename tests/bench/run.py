"""make bench: flowlaw against wc -l, mawk and a bare inflate of the same files, measured in one run.

BENCH_SMALL=1 takes 128 MiB of text and 4 compressed files instead of 2 GiB and 64; BENCH_BYTES and BENCH_FILES set
them. Data stays in $TMPDIR/flowlaw-bench. The machine's speed of the day is in every figure: quote the ratios.
Status 1: an answer differs, or the rules do not select the share that they should. Speed fails nothing.
"""
import importlib.util
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import data
import measure

SHARE = (0.03, 0.05)
CUT_BYTES = 128 << 20
KEY_BYTES = 8  # of an IPv4 address in the key of a group
CATALOGUE_FILES = 2
BUSY = 1.15  # wall time over processor time of a pinned, warm, single-threaded run


class Table:
    """Rows are printed at the end, as Markdown with columns in line."""

    def __init__(self, title, heads):
        self.title, self.heads, self.rows = title, heads, []

    def add(self, *cells):
        self.rows.append([str(c) for c in cells])

    def print(self):
        widths = [max(len(r[i]) for r in [self.heads, *self.rows]) for i in range(len(self.heads))]

        def line(cells):
            first = cells[0].ljust(widths[0])
            return "| " + " | ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:]))]) + " |"

        print(f"\n**{self.title}**\n")
        print(line(self.heads))
        print("|" + "-" * (widths[0] + 2) + "|" + "|".join("-" * (w + 1) + ":" for w in widths[1:]) + "|")
        for row in self.rows:
            print(line(row))


class Run:
    def __init__(self, build):
        self.small = small = os.environ.get("BENCH_SMALL", "") not in ("", "0")
        size = int(os.environ.get("BENCH_BYTES") or (128 << 20 if small else 2 << 30))
        files = int(os.environ.get("BENCH_FILES") or (4 if small else 64))
        self.build = build
        self.flowlaw = build / "flowlaw"
        self.data = data.Data(build, size, files)
        self.bench = measure.Bench(build, 3 if small else 5)
        self.kernels = [k for k in ("portable", "avx2", "avx512") if self.can_run(k)]
        self.plain_bytes = self.data.plain.stat().st_size
        self.notes, self.failures, self.goals = [], [], []
        self.busy = False

    def can_run(self, kernels):
        got = subprocess.run([self.flowlaw, "audit", "-p", self.data.policy, "-o", "json", self.data.one_line],
                             capture_output=True, text=True, env={**os.environ, "FL_KERNELS": kernels}, check=False)
        return f"FL_KERNELS={kernels}: not available" not in got.stderr

    def audit(self, files, threads, policy=None, kernels=None, status=(0,), repeat=None, warm=True, more=()):
        command = [self.flowlaw, "audit", "--threads", threads, "-o", "json", *more]
        if policy != "bundled":
            command += ["-p", policy or self.data.policy]
        env = {"FL_KERNELS": kernels} if kernels else {"FL_KERNELS": ""}
        m = self.bench.run([*command, *files], files=files if warm else (), cores=threads, status=status, env=env,
                           repeat=repeat)
        lines = [json.loads(line) for line in m.output.splitlines()]
        m.records = lines[0]["records"]
        m.text_bytes = lines[0]["bytes"]
        m.selected = {r["id"]: r["records_selected"] for r in lines if r["type"] == "rule"}
        if warm and threads == 1 and m.seconds > BUSY * m.processor:
            self.busy = True
        return m

    def check(self, what, expected, got):
        if expected != got:
            self.failures.append(f"{what}: {got}, not {expected}")

    def goal(self, what, least, got):
        self.goals.append(f"{'met   ' if got >= least else 'MISSED'} {what}: {got:.2f}, goal {least:.2f}")

    def limit(self, what, most, got):
        self.goals.append(f"{'met   ' if got <= most else 'MISSED'} {what}: {got:.1f}, limit {most:.1f}")

    # ---- answers ----

    def check_selection(self):
        """What the rules select: the share of all rows, and every rule's count on a cut against mawk's."""
        whole = self.audit([self.data.plain], 1, repeat=1)
        counts = sorted(whole.selected.values())
        share = sum(counts) / whole.records
        print(f"twenty rules select {share:.2%} of {whole.records} records; "
              f"the least of them {counts[0]}, the most {counts[-1]}", flush=True)
        if not SHARE[0] <= share <= SHARE[1]:
            self.failures.append(f"the rules select {share:.2%} of the records, not 3 to 5 %")
        if counts[0] == 0 or counts[-1] > sum(counts) / 2:
            self.failures.append(f"the share is not spread over the rules: {counts}")
        self.records = whole.records
        self.cut = self.data.cut(CUT_BYTES)
        audited = self.audit([self.cut], 1, repeat=1)
        if not shutil.which("mawk"):
            self.notes.append("mawk is not installed: answers were not compared")
            return
        conditions = [data.awk_condition(rule) for rule in data.RULES]
        program = ("{ hit = 0 } " + " ".join(f"{c} {{ n[{i}]++; hit = 1 }}" for i, c in enumerate(conditions))
                   + f" {{ any += hit }} END {{ for (i = 0; i < {len(conditions)}; i++) print n[i] + 0; print any }}")
        got = subprocess.run(["mawk", program, self.cut], capture_output=True, text=True, check=True).stdout.split()
        for i in range(len(conditions)):
            self.check(f"records of {data.rule_id(i)} on the cut", int(got[i]), audited.selected[data.rule_id(i)])
        self.check("records that any rule selects", int(got[-1]), sum(audited.selected.values()))

    # ---- plain text ----

    def row(self, table, name, m, base):
        """Adds a row; returns the bytes of text a second of wall time. base: the rates to compare with."""
        rate = m.text_bytes / m.seconds
        spread = f"{m.least:.3f}-{m.most:.3f}"
        cold = " cold" if m.cold else ""
        table.add(name, f"{m.seconds:.3f}{cold}", spread, f"{m.processor:.3f}", f"{rate / 1e9:.2f}",
                  f"{m.records / m.seconds / 1e6:.1f}", *(f"{rate / b:.2f}" if b else "-" for b in base))
        return rate

    def plain_peer(self, name, command, file):
        """One rule by another program, on the cut; its first number is the count."""
        m = self.bench.run(command, files=[file], repeat=min(3, self.bench.repeat))
        m.text_bytes = file.stat().st_size
        m.records = self.cut_records
        self.check(f"records that {name} counts", self.cut_one, int(m.output.split()[-1]))
        return m

    def plain(self):
        table = Table(f"Plain text, {self.plain_bytes / 1e9:.2f} GB, {self.records / 1e6:.1f} M records",
                      ["what", "s", "least-most", "cpu s", "GB/s", "M rec/s", "to wc -l", "to mawk"])
        wc = self.bench.run(["wc", "-l", self.data.plain], files=[self.data.plain])
        wc.text_bytes, wc.records = self.plain_bytes, self.records
        self.check("lines", self.records + 1, int(wc.output.split()[0]))
        wc_rate = wc.text_bytes / wc.seconds
        one = self.audit([self.cut], 1, repeat=1)
        self.cut_one, self.cut_records = one.selected[data.rule_id(data.MAWK_RULE)], one.records
        condition = data.awk_condition(data.RULES[data.MAWK_RULE])
        program = f"{condition} {{ n++ }} END {{ print n + 0 }}"
        mawk, mawk_rate, peers = None, None, []
        if shutil.which("mawk"):
            mawk = self.plain_peer("mawk", ["mawk", program, self.cut], self.cut)
            mawk_rate = mawk.text_bytes / mawk.seconds
            peers.append(("mawk, one rule", mawk))
        if shutil.which("gawk"):
            peers.append(("gawk -b, one rule", self.plain_peer("gawk", ["gawk", "-b", program, self.cut], self.cut)))
        else:
            self.notes.append("gawk is not installed: skipped")
        peers += self.duckdb()
        star = " *" if self.cut != self.data.plain else ""
        self.row(table, "wc -l", wc, (wc_rate, mawk_rate))
        for name, m in peers:
            self.row(table, name + star, m, (wc_rate, mawk_rate))
        rates = {}
        for kernels in self.kernels:
            m = self.audit([self.data.plain], 1, kernels=kernels)
            rates[kernels] = self.row(table, f"flowlaw, 20 rules, {kernels}", m, (wc_rate, mawk_rate))
        best = self.audit([self.data.plain], 1)
        self.plain_one = best
        self.row(table, "flowlaw, 20 rules, chosen kernels", best, (wc_rate, mawk_rate))
        self.plain_two = None
        if len(measure.CPUS) > 1:
            self.plain_two = self.audit([self.data.plain], 2)
            self.row(table, "flowlaw, 20 rules, 2 threads", self.plain_two, (wc_rate, mawk_rate))
        self.check("records selected with 2 threads", best.selected, (self.plain_two or best).selected)
        quickstart = pathlib.Path("examples/quickstart/policy.yaml")
        for name, policy in (("quickstart policy", quickstart), ("bundled baseline", "bundled")):
            m = self.audit([self.data.plain], 1, policy=policy, status=(0, 1, 3), repeat=1 if self.small else 3)
            self.row(table, f"flowlaw, {name}", m, (wc_rate, mawk_rate))
            self.policy_peak[name] = m.peak_mib
        if star:
            self.notes.append(f"* on the first {CUT_BYTES >> 20} MiB of the file; rates compare, seconds do not")
        self.goal("GB/s, one core, portable", 1.2, rates["portable"] / 1e9)
        if "avx2" in rates:
            self.goal("GB/s, one core, avx2", 2.0, rates["avx2"] / 1e9)
        return table

    def duckdb(self):
        """DuckDB's Python module, when this interpreter has it."""
        if importlib.util.find_spec("duckdb") is None:
            self.notes.append("the duckdb module is not installed: skipped")
            return []
        condition = data.sql_condition(data.RULES[data.MAWK_RULE])
        program = ("import duckdb, sys; c = duckdb.connect(config={'threads': 1}); "
                   "print(c.execute(\"select count(*) from read_csv(?, delim=' ', header=true, all_varchar=true, "
                   "quote='', auto_detect=true) where \" + sys.argv[2], [sys.argv[1]]).fetchone()[0])")
        m = self.plain_peer("DuckDB", [sys.executable, "-c", program, self.cut, condition], self.cut)
        return [("DuckDB, 1 thread, one rule", m)]

    # ---- compressed ----

    def compressed(self):
        files = self.data.gz
        first = self.audit(files, 1, repeat=1)
        text, records = first.text_bytes, first.records
        packed = sum(path.stat().st_size for path in files)
        table = Table(f"gzip, {len(files)} files, {packed / 1e6:.0f} MB for {text / 1e9:.2f} GB of text",
                      ["what", "s", "least-most", "cpu s", "GB/s of text", "M rec/s", "to bare ISA-L", "to bare zlib"])
        bare = {}
        for library, name in (("isal", "bare ISA-L inflate"), ("zlib", "bare zlib inflate")):
            m = self.bench.run([self.build / "bench" / "inflate", library, *files], files=files, status=(0, 3),
                               repeat=3 if library == "zlib" else None)
            if not m.output:
                self.notes.append("built without ISA-L: no bare ISA-L inflate")
                continue
            self.check(f"bytes of text by {library}", text, int(m.output))
            m.text_bytes, m.records = text, records
            bare[name] = m
        base = [text / bare[n].seconds if n in bare else None for n in ("bare ISA-L inflate", "bare zlib inflate")]
        for name, m in bare.items():
            self.row(table, name, m, base)
        rates = {}
        for kernels in self.kernels:
            m = self.audit(files, 1, kernels=kernels)
            rates[kernels] = self.row(table, f"flowlaw, 20 rules, {kernels}", m, base)
        self.gz_one = m
        self.gz_two = None
        if len(measure.CPUS) > 1:
            self.gz_two = self.audit(files, 2)
            self.row(table, "flowlaw, 20 rules, 2 threads", self.gz_two, base)
            self.check("records selected of gzip with 2 threads", self.gz_one.selected, self.gz_two.selected)
        if base[0]:
            for kernels, least in (("avx2", 0.6), ("avx512", 0.65)):
                if kernels in rates:
                    self.goal(f"of bare ISA-L, one core, {kernels}", least, rates[kernels] / base[0])
        return table

    def catalogue(self):
        """All bundled rules: what the scan takes up to the judgement, against an inflate of the same files."""
        files = self.data.gz[:CATALOGUE_FILES]
        bare, zlib = (self.bench.run([self.build / "bench" / "inflate", how, *files], files=files, status=(0, 3))
                      for how in ("isal", "zlib"))
        profile = self.bench.work / "profile"
        runs = []
        for _ in range(self.bench.repeat):
            m = self.audit(files, 1, policy=self.data.catalogue, status=(0, 1, 3), repeat=1,
                           more=[f"--profile=json={profile}"])
            runs.append([json.loads(line) for line in profile.read_text().splitlines()])
        table = Table(f"The whole catalogue, {len(m.selected)} rules, gzip, {len(files)} files, "
                      f"{m.records / 1e6:.2f} M records, one core",
                      ["what", "cpu s", "ns a record", "to bare ISA-L", "to bare zlib"])

        def add(name, seconds):
            table.add(name, f"{seconds:.3f}", f"{seconds / m.records * 1e9:.0f}",
                      *(f"{alone.processor / seconds:.2f}" if alone.output and seconds > 0 else "-"
                        for alone in (bare, zlib)))

        if bare.output:
            add("bare ISA-L inflate", bare.processor)
        phases = {k: statistics.median(run[0][k] for run in runs) / 1e9
                  for k in ("scan_ns", "judge_ns", "evidence_ns")}
        add("scan, up to the judgement", phases["scan_ns"])
        add("judgement", phases["judge_ns"])
        add("reading evidence again", phases["evidence_ns"])
        if bare.output:
            self.goal("of bare ISA-L, the whole catalogue up to the judgement", 0.25,
                      bare.processor / phases["scan_ns"])
        for name, seconds in self.dearest_tables(runs):
            add(name, seconds)
        return table

    @staticmethod
    def dearest_tables(runs):
        """Names and seconds of scan of ten tables: the first rule of each and how many share it."""
        costs, rules = {}, {}
        for run in runs:
            for row in run[1:]:
                if row["table"] is not None and row["scan_ns"] > 0:
                    costs.setdefault(row["table"], {}).setdefault(row["rule"], []).append(row["scan_ns"])
        for table, of_table in costs.items():
            name = min(of_table)
            rules[table] = f"table of {name}" + (f" and {len(of_table) - 1} more" if len(of_table) > 1 else "")
            costs[table] = statistics.median(of_table[name]) / 1e9
        return [(rules[t], costs[t]) for t in sorted(costs, key=costs.get, reverse=True)[:10]]

    # ---- memory and start ----

    def memory(self):
        table = Table("Peak resident memory, MiB", ["input", "--threads 1", "--threads 2"])
        for name, one, two in (("plain, 20 rules", self.plain_one, self.plain_two),
                               ("gzip, 20 rules", self.gz_one, self.gz_two)):
            table.add(name, f"{one.peak_mib:.1f}", f"{two.peak_mib:.1f}" if two else "-")
            self.limit(f"MiB at --threads 1, {name}", 16, one.peak_mib)
            if two:
                self.limit(f"MiB more for a worker, {name}", 6, two.peak_mib - one.peak_mib)
        for name, peak in self.policy_peak.items():
            table.add(f"plain, {name} (with its groups)", f"{peak:.1f}", "-")
        return table

    def groups(self):
        """Bytes that a group takes while it is measured, beside its key: counters, two measures, three places."""
        table = Table("Memory of a group, bytes (key aside)", ["two measures by source", "groups", "bytes"])
        for name, second in (("count, sum", 'sum "bytes"'), ("count, exact ports", 'distinct "dstport"')):
            folder = self.data.folder / "groups"
            folder.mkdir(exist_ok=True)
            (folder / "each.lua").write_text('rule { title = "Each source", severity = "info", group_by = { "srcaddr" }, '
                                             f'measure = {{ a = count "rejected", b = {second} }}, having = "flows < 0", '
                                             'finding = "{a} {b}" }\n')
            policy = folder / "policy.yaml"
            policy.write_text("version: 1\nname: groups\nmax_skipdata: 100%\nrules: [{ use: ./each.lua }]\n")
            got = subprocess.run([self.flowlaw, "audit", "-p", policy, "--threads", "1", "--profile=json", "-o",
                                  "json=/dev/null", self.data.plain], capture_output=True, text=True, check=True)
            lines = [json.loads(line) for line in got.stderr.splitlines() if line.startswith("{")]
            rule = next(line for line in lines if "groups" in line)
            count = int(rule["groups"])
            each = int(rule["held_bytes"]) / count - KEY_BYTES
            table.add(name, count, f"{each:.0f}")
            self.limit(f"bytes of a group beside its key, {name}", 192 if "sum" in name else 192 + 256, each)
        return table

    def start(self):
        table = Table("Audit of one line, wall time in ms (median, least, most of 20)",
                      ["policy", "ms", "least", "most"])
        quickstart = pathlib.Path("examples/quickstart/policy.yaml")
        for name, policy in (("quickstart", quickstart), ("bundled baseline", "bundled")):
            m = self.audit([self.data.one_line], 1, policy=policy, status=(0, 1, 3), repeat=20, warm=False)
            table.add(name, *(f"{s * 1000:.2f}" for s in (m.seconds, m.least, m.most)))
            self.limit(f"ms for one line, {name}", 5, m.seconds * 1000)
        return table

    def rule_tests(self):
        """A thousand tests of one rule, of 41 records each, with code and without."""
        table = Table("flowlaw test: 1,000 tests of 41 records, wall time in ms (least of 3)", ["rule", "ms"])
        rule = pathlib.Path("rules/scan/sequential-ports.lua").read_text().split("\ntest ")[0]
        tests = "".join(
            f'test "t{i}" {{ flows = flows {{ from = "10.0.1.{i % 250 + 1}", to = "10.0.9.9:{i + 20}..{i + 60}", '
            f'action = "reject", every = "1s" }}, expect = {{ {{ measures = {{ run = 41 }} }} }} }}\n'
            for i in range(1000))
        coded = rule.replace("rule {", "rule {\n  on_group = function(group) return true end,", 1)
        for name, text in (("declared", rule), ("with on_group", coded)):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "many.lua"
                path.write_text(text + "\n" + tests)
                least = math.inf
                for _ in range(3):
                    began = time.monotonic()
                    got = subprocess.run([self.flowlaw, "test", path], capture_output=True, text=True, check=True)
                    least = min(least, time.monotonic() - began)
                self.check(f"tests passed, {name}", "1000 passed, 0 failed", got.stdout.strip())
            table.add(name, f"{least * 1000:.0f}")
            self.limit(f"ms for 1,000 tests, {name}", 1000, least * 1000)
        return table

    def lua_seconds(self, policy):
        """What the calls of on_flow take, by the profile: the difference of two runs would be lost among their own."""
        profile = self.bench.work / "profile"
        runs = []
        for _ in range(self.bench.repeat):
            self.audit([self.cut], 1, policy=policy, repeat=1, more=[f"--profile=json={profile}"])
            runs.append(json.loads(profile.read_text().splitlines()[1])["code_ns"] / 1e9)
        return statistics.median(runs)

    def code(self):
        """Lua on every record, and behind a where."""
        table = Table("Lua: on_flow, one core", ["what", "s", "cpu s", "M rec/s", "calls", "Lua s", "ns a call"])
        runs = {name: self.audit([self.cut], 1, policy=policy) for name, policy in self.data.code.items()}
        calls = {"none": 0, "some": runs["none"].selected["code"], "every": runs["every"].records}
        lua = {name: self.lua_seconds(policy) for name, policy in self.data.code.items()}
        for name, m in runs.items():
            each = f"{lua[name] / calls[name] * 1e9:.0f}" if calls[name] else "-"
            what = {"none": "where, no code", "some": "on_flow behind it", "every": "on_flow on every record"}[name]
            table.add(what, f"{m.seconds:.3f}", f"{m.processor:.3f}", f"{m.records / m.seconds / 1e6:.1f}", calls[name],
                      f"{lua[name]:.4f}", each)
        self.goal("M records/s with on_flow on every record, one core", 8,
                  runs["every"].records / runs["every"].seconds / 1e6)
        self.goal("M records/s through on_flow behind a where that keeps 3 %", 80,
                  runs["some"].records / lua["some"] / 1e6)
        return table

    def decoder(self):
        """The decoder alone, on text in memory, with the columns that the twenty rules read."""
        program = self.build / "bench" / "decode_bench"
        got = subprocess.run([*self.bench.pinned(1), program, self.data.plain, "--columns",
                              "srcaddr,dstaddr,dstport,bytes,action,start,end,interface-id,log-status"],
                             capture_output=True, text=True, check=True)
        print("\n**Decoder alone, text in memory, one core**\n\n```\n" + got.stdout + "```")

    def all(self):
        self.policy_peak = {}
        version = subprocess.run([self.flowlaw, "--version"], capture_output=True, text=True, check=True).stdout
        print(f"{measure.machine()}; kernels: {', '.join(self.kernels)}; {'; '.join(version.splitlines())}; "
              f"median of {self.bench.repeat}, warm page cache, "
              + ("one core: pinned" if self.bench.can_pin else "NOT pinned: there is no taskset"), flush=True)
        self.check_selection()
        for part in (self.plain, self.compressed, self.catalogue, self.memory, self.groups, self.start,
                     self.rule_tests, self.code):
            part().print()
            sys.stdout.flush()
        self.decoder()
        if self.busy:
            self.notes.append("other work had the processor during some runs: figures of this run are low")
        for note in self.notes:
            print(note)
        print("\nGoals on this machine, in this run:\n  " + "\n  ".join(self.goals))
        for failure in self.failures:
            print(f"bench: {failure}", file=sys.stderr)
        return 1 if self.failures else 0


def main():
    os.chdir(pathlib.Path(__file__).resolve().parents[2])
    run = Run(pathlib.Path(sys.argv[1]).resolve())
    try:
        return run.all()
    finally:
        run.bench.close()


if __name__ == "__main__":
    sys.exit(main())
