"""Runs commands and measures them: wall time, processor time, peak memory."""
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

CPUS = sorted(os.sched_getaffinity(0))
WARM_BYTES_PER_SECOND = 2e9  # no disk reads this fast; memory does


class Measured:
    """Median wall time of the runs, its least and most, the highest peak, and the last run's output."""

    def __init__(self, runs, output):
        self.seconds = statistics.median(r["wall"] for r in runs)
        self.least = min(r["wall"] for r in runs)
        self.most = max(r["wall"] for r in runs)
        self.processor = statistics.median(r["processor"] for r in runs)
        self.peak_mib = max(r["peak_kib"] for r in runs) / 1024
        self.cold = any(r["cold"] for r in runs)
        self.output = output


class Bench:
    def __init__(self, build, repeat):
        self.timed = build / "bench" / "timed"
        self.repeat = repeat
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="flowlaw-bench-"))
        self.can_pin = shutil.which("taskset") is not None

    def close(self):
        shutil.rmtree(self.work)

    def pinned(self, cores):
        if not self.can_pin:
            return []
        return ["taskset", "-c", ",".join(map(str, CPUS[-cores:]))]

    def warm(self, files):
        """Brings the files into the page cache. True when a last pass still came from a disk."""
        size = sum(path.stat().st_size for path in files)
        for _ in range(4):
            start = time.monotonic()
            for path in files:
                with open(path, "rb", buffering=0) as file:
                    buffer = bytearray(1 << 18)
                    while file.readinto(buffer):
                        pass
            if size < 1 << 24 or size / (time.monotonic() - start) > WARM_BYTES_PER_SECOND:
                return False
        return True

    def once(self, command, cores, status, env):
        report = self.work / "report"
        with open(self.work / "out", "w+b") as out, open(self.work / "err", "w+b") as err:
            subprocess.run([*self.pinned(cores), self.timed, report, *map(str, command)], stdin=subprocess.DEVNULL,
                           stdout=out, stderr=err, check=True, env={**os.environ, **(env or {})})
        wall, user, system, peak, got = map(int, report.read_text().split())
        if got not in status:
            raise SystemExit(f"bench: status {got} of {' '.join(map(str, command))}:\n"
                             + (self.work / "err").read_text()[-2000:])
        return {"wall": wall / 1e9, "processor": (user + system) / 1e6, "peak_kib": peak}

    def run(self, command, files=(), cores=1, status=(0,), env=None, repeat=None):
        """Measures the command. files are warmed before each run; env is added to the environment."""
        runs = []
        for _ in range(repeat or self.repeat):
            cold = self.warm(files)
            runs.append({**self.once(command, cores, status, env), "cold": cold})
        return Measured(runs, (self.work / "out").read_text(errors="replace"))


def machine():
    """Processor, number of CPUs, system: what a figure is worth nothing without."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {len(CPUS)} CPUs, {os.uname().sysname} {os.uname().release}"
