"""make soak: audits generated logs again and again and compares every byte of the results.

For SOAK_SECONDS (180): each round makes objects with a seed of its own (plain, gzip, zstd, a cut one, 14 and 29
columns), audits them once with one thread, and then with other numbers of threads, schedules, chunk sizes, kernels and
orders of INPUT. Results must be equal byte for byte. Then a flood of distinct keys meets max_groups: above it the rule
is void and the status 3, whatever the threads, and memory stays what max_groups allows. Another flood does not fit into
--memory, and must be answered within it; so must one in which every key is a finding.
A round that fails leaves its files and says how to repeat it. The last line is "N passed, N failed".
"""
import hashlib
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROWS = 8000
POLICY = """version: 1
name: soak
fail_on: none
max_skipdata: 100%
networks:
  web: [10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24]
  app: 10.0.16.0/21
  db: 10.0.64.0/23
services:
  databases: [tcp/5432, tcp/3306, tcp/6379, tcp/27017]
intents:
  - { id: into-db, to: db, only: [{ from: app, service: databases }, { from: self }], severity: high }
  - { id: db-stays-in, from: db, to: internet, deny: true }
rules:
  - use: exposure/*
  - { use: scan/sequential-ports, params: { run: 5 } }
  - { use: denied/hot-spots, params: { attempts: 20 } }
  - use: cost/top-talkers
  - use: health/*
"""
FLOOD_LIMIT = 20000
FLOOD_RULE = """rule {
  title = "One source", severity = "low", group_by = { "srcaddr" }, measure = { ports = distinct "dstport" },
  finding = "{srcaddr}: {ports}",
}
"""
FLOOD_POLICY = f"version: 1\nname: flood\nmax_groups: {FLOOD_LIMIT}\nrules:\n  - use: ./flood.lua\n"
# A flood under --memory: SOAK_KEYS keys (50000000 takes a quarter of an hour and 4 GB of TMPDIR), of which each
# MEMORY_STEP-th comes twice. Memory is 16 MiB for each million keys, at least 32 and at most 512.
MEMORY_KEYS = int(os.environ.get("SOAK_KEYS") or 1000000)
MEMORY_STEP = 100000
MEMORY_MIB = min(512, max(32, 16 * MEMORY_KEYS // 1000000))
MEMORY_RULE = """rule {
  title = "A source that came twice", severity = "low", group_by = { "srcaddr" },
  measure = { ports = distinct "srcport", most = max "bytes" }, having = "flows >= 2", finding = "{srcaddr}: {ports}",
}
"""
# Every key a finding: FOUND_KEYS of them under FOUND_MIB, the same bytes as in memory without end, as JSON and as text.
FOUND_KEYS, FOUND_MIB = 500000, 64
FOUND_RULE = MEMORY_RULE.replace("flows >= 2", "flows >= 1")
MEMORY_POLICY = "version: 1\nname: memory\nfail_on: none\nrules:\n  - use: ./memory.lua\n"
PEAK_KIB_PER_KEY = 2     # of a worker, far above what a key costs
PEAK_KIB_BASE = 24 * 1024


class Soak:
    def __init__(self, build, seconds):
        self.build, self.flowlaw = build, build / "flowlaw"
        self.deadline = time.monotonic() + seconds
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="flowlaw-soak-"))
        self.passed, self.failed = 0, 0

    def check(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}", flush=True)
        return ok

    def audit(self, folder, policy, threads, inputs, schedule="", chunk="", kernels="", memory="4G", outputs=("json",)):
        """Status, results, peak in KiB. Runs in the folder, so that names do not depend on it."""
        report = self.work / "report"
        env = {**os.environ, "FL_SCHEDULE": str(schedule), "FL_CHUNK": str(chunk), "FL_KERNELS": kernels}
        got = subprocess.run([self.build / "bench" / "timed", report, self.flowlaw, "audit", "-p", policy,
                              *(word for name in outputs for word in ("-o", name)), "--threads", str(threads), "--memory", memory, *inputs], cwd=folder, env=env, capture_output=True, check=True)
        *_, peak, status = map(int, report.read_text().split())
        return status, got.stdout, peak

    # ---- the same bytes ----

    def generate(self, path, seed, index, *options):
        command = [self.build / "bench" / "gen", "--seed", str(seed), "--rows", str(ROWS), "--start",
                   str(1700000040 + 60 * index), *options]
        path.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)

    def make_objects(self, folder, seed):
        logs = folder / "logs"
        logs.mkdir()
        (folder / "policy.yaml").write_text(POLICY)
        self.generate(logs / "a.log", seed, 0)
        self.generate(logs / "b.log.gz", seed, 1, "--gzip")
        self.generate(logs / "c-v5.log", seed, 2, "--v5")
        self.generate(logs / "d-v5.log.gz", seed, 3, "--v5", "--gzip")
        self.generate(logs / "e.log", seed, 4, "--no-header")
        whole = (logs / "b.log.gz").read_bytes()
        (logs / "f-cut.log.gz").write_bytes(whole[:len(whole) * 2 // 3])
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", "--rm", logs / "e.log"], check=True)
        return sorted(f"logs/{path.name}" for path in logs.iterdir())

    def round(self, seed):
        """One set of objects in ten ways. True when all agree."""
        chooser = random.Random(seed)
        folder = self.work / f"round-{seed}"
        folder.mkdir()
        inputs = self.make_objects(folder, seed)
        status, expected, _ = self.audit(folder, "policy.yaml", 1, inputs)
        good = self.check(status == 3 and expected.count(b'"type":"finding"') > 3,
                          f"seed {seed}: status {status} with one thread, not 3 with findings")
        ways = list(itertools.product((1, 2, 8), ("", 1, 2, 3, 4, 5), ("", 64, 777, 4096, 65536, 1 << 20),
                                      ("", "portable")))
        for threads, schedule, chunk, kernels in chooser.sample(ways, 10):
            shuffled = chooser.sample(inputs, len(inputs))
            got_status, got, _ = self.audit(folder, "policy.yaml", threads, shuffled, schedule, chunk, kernels)
            way = f"--threads {threads}, FL_SCHEDULE={schedule} FL_CHUNK={chunk} FL_KERNELS={kernels}"
            if not self.check((got_status, got) == (status, expected), f"seed {seed}: {way}, {' '.join(shuffled)}"):
                (folder / "expected.jsonl").write_bytes(expected)
                (folder / "got.jsonl").write_bytes(got)
                good = False
            if time.monotonic() > self.deadline:
                break
        if good:
            shutil.rmtree(folder)
        else:
            print(f"  kept: {folder}", flush=True)
        return good

    # ---- a flood of keys ----

    def flood_object(self, path, first, count):
        with open(path, "w", encoding="ascii") as out:
            out.write("srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
            for i in range(first, first + count):
                out.write(f"11.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255} 10.0.0.1 40000 443 6 1 40 1700000000 "
                          "1700000001 ACCEPT OK\n")

    def flood(self):
        folder = self.work / "flood"
        folder.mkdir()
        (folder / "policy.yaml").write_text(FLOOD_POLICY)
        (folder / "flood.lua").write_text(FLOOD_RULE)
        # Objects and how many keys they hold; alone, "half" is below the limit, and both halves are just above it.
        self.flood_object(folder / "full.log", 0, FLOOD_LIMIT)
        self.flood_object(folder / "half.log", 0, FLOOD_LIMIT // 2)
        self.flood_object(folder / "rest.log", FLOOD_LIMIT // 2, FLOOD_LIMIT // 2 + 1)
        self.flood_object(folder / "ten.log", 0, 10 * FLOOD_LIMIT)
        self.flood_object(folder / "forty.log", 0, 40 * FLOOD_LIMIT)
        cases = (("at the limit", ["full.log"], False), ("one above it in two objects", ["half.log", "rest.log"], True),
                 ("ten times", ["ten.log"], True), ("forty times", ["forty.log", "ten.log"], True))
        for name, inputs, void in cases:
            one = None
            for threads in (1, 2, 8):
                status, out, peak = self.audit(folder, "policy.yaml", threads, inputs)
                lines = [json.loads(line) for line in out.splitlines()]
                rule = next(line for line in lines if line["type"] == "rule")
                findings = sum(line["type"] == "finding" for line in lines)
                what = f"flood {name}, --threads {threads}"
                if void:
                    self.check(status == 3 and not rule["evaluated"] and findings == 0
                               and "max_groups" in (rule["reason"] or ""),
                               f"{what}: status {status}, {findings} findings, reason {rule['reason']}")
                else:
                    self.check(status == 0 and rule["evaluated"] and findings == FLOOD_LIMIT,
                               f"{what}: status {status}, {findings} findings")
                one = one or out
                self.check(out == one, f"{what}: other bytes than with one thread")
                limit = PEAK_KIB_BASE + threads * (FLOOD_LIMIT * PEAK_KIB_PER_KEY + 6 * 1024)
                self.check(not void or peak < limit, f"{what}: {peak >> 10} MiB, more than {limit >> 10}")

    def memory_object(self, path, first, count):
        with open(path, "w", encoding="ascii") as out:
            out.write("srcaddr srcport bytes start end action log-status\n")
            for i in range(first, first + count):
                key = i * 2654435761 & 0xffffffff  # a different key for each, in no order
                line = f"{key >> 24}.{key >> 16 & 255}.{key >> 8 & 255}.{key & 255} {i & 65535} 40 1700000000 1700000001 ACCEPT OK\n"
                out.write(line if i % MEMORY_STEP else line + line)

    def memory(self):
        """A flood that does not fit: the known answer within the memory, whatever the threads."""
        folder = self.work / "memory"
        folder.mkdir()
        (folder / "policy.yaml").write_text(MEMORY_POLICY)
        (folder / "memory.lua").write_text(MEMORY_RULE)
        for part in range(4):
            self.memory_object(folder / f"{part}.log", part * MEMORY_KEYS // 4, MEMORY_KEYS // 4)
        one = None
        for threads in (1, 2):
            begin = time.monotonic()
            status, out, peak = self.audit(folder, "policy.yaml", threads, [f"{part}.log" for part in range(4)],
                                           memory=f"{MEMORY_MIB}M")
            what = f"{MEMORY_KEYS} keys in {MEMORY_MIB} MiB, --threads {threads}"
            print(f"{what}: {time.monotonic() - begin:.0f} s, peak {peak >> 10} MiB", flush=True)
            one = one or out
            found = out.count(b'"type":"finding"')
            self.check(status == 0 and found == MEMORY_KEYS // MEMORY_STEP, f"{what}: status {status}, {found} findings")
            self.check(out == one, f"{what}: other bytes than with one thread")
            self.check(peak <= (MEMORY_MIB + 8) << 10, f"{what}: peak of {peak >> 10} MiB")
        shutil.rmtree(folder)

    def findings(self):
        """More findings than memory holds."""
        folder = self.work / "findings"
        folder.mkdir()
        (folder / "policy.yaml").write_text(MEMORY_POLICY)
        (folder / "memory.lua").write_text(FOUND_RULE)
        self.memory_object(folder / "a.log", 0, FOUND_KEYS // 2)
        self.memory_object(folder / "b.log", FOUND_KEYS // 2, FOUND_KEYS // 2)
        files, expected = ("out.json", "out.txt"), None
        for threads, memory in ((2, "4G"), (1, f"{FOUND_MIB}M"), (2, f"{FOUND_MIB}M")):
            begin = time.monotonic()
            status, _, peak = self.audit(folder, "policy.yaml", threads, ["b.log", "a.log"], memory=memory,
                                         outputs=("json=out.json", "text=out.txt"))
            sums = []
            for name in files:
                with open(folder / name, "rb") as out:
                    sums.append(hashlib.file_digest(out, "sha256").hexdigest())
            what = f"{FOUND_KEYS} findings in {memory}, --threads {threads}"
            print(f"{what}: {time.monotonic() - begin:.0f} s, peak {peak >> 10} MiB", flush=True)
            expected = expected or sums
            self.check(status == 0 and sums == expected, f"{what}: status {status}, or other bytes than in 4G")
            self.check(memory == "4G" or peak <= (FOUND_MIB + 8) << 10, f"{what}: peak of {peak >> 10} MiB")
        with open(folder / "out.json", "rb") as out:
            found = sum(b'"type":"finding"' in line for line in out)
        self.check(found == FOUND_KEYS, f"{found} findings of {FOUND_KEYS}")
        shutil.rmtree(folder)

    def all(self):
        self.flood()
        self.memory()
        self.findings()
        seed = 1
        while seed == 1 or time.monotonic() < self.deadline:
            self.round(seed)
            seed += 1
        print(f"{seed - 1} rounds")
        print(f"{self.passed} passed, {self.failed} failed")
        if not self.failed:
            shutil.rmtree(self.work)
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(Soak(pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2])).all())
