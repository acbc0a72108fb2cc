"""500,000 keys; then the audit with memory for all and with 16 MiB: the same bytes, and a bounded peak."""
import os
import re
import subprocess
import sys

KEYS = 500000
HEAD = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status\n")


# Builds with sanitizers take memory of their own: only results are compared there.
with open(os.environ["FLOWLAW"], "rb") as program:
    MEASURED = not re.search(rb"__[at]san_init", program.read())


def rows():
    for i in range(KEYS):
        k = i * 2654435761 % KEYS
        yield (f"2 123456789012 eni-{k % 50:08x} {11 + (k >> 16) % 200}.{k >> 8 & 255}.{k & 255}.{k * 7 % 250} "
               f"10.0.{k % 4}.{k % 7} {1024 + k % 60000} {k % 1000} 6 {1 + k % 9} {40 + k % 1500} "
               f"{1700000000 + k % 3600} {1700000060 + k % 3600} {'ACCEPT' if k % 3 else 'REJECT'} OK\n")


def audit(memory, threads, policy="policy.yaml", log_name="flood.log"):
    """Results, status and peak in KiB."""
    command = [os.environ["FLOWLAW"], "audit", "-p", policy, "--memory", memory, "--threads", threads, "-o", "json",
               log_name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        out = running.stdout.read()
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    return out, running.returncode, used.ru_maxrss


with open("flood.log", "w", encoding="ascii") as log:
    log.write(HEAD)
    log.writelines(rows())
whole, whole_status, whole_peak = audit("4G", "1")
print("findings:", whole.count(b'"type":"finding"'), "status:", whole_status)
for threads in ("1", "2"):
    got, status, peak = audit("16M", threads)
    print("16M with", threads, "thread(s):", "the same bytes" if (got, status) == (whole, whole_status) else "OTHER BYTES")
    if MEASURED and (peak > 24 * 1024 or whole_peak < 64 * 1024):
        print("peak", peak, "KiB; without a limit", whole_peak, "KiB")
        sys.exit(1)

# Each record makes a thousand groups of one minute.
with open("spread.log", "w", encoding="ascii") as log:
    log.write(HEAD)
    log.writelines(f"2 1 eni-1 10.0.{i >> 8}.{i & 255} 10.9.0.1 40000 80 6 1 1000000 1764000000 1764061000 ACCEPT OK\n"
                   for i in range(500))
whole, whole_status, whole_peak = audit("4G", "1", "spread.yaml", "spread.log")
got, status, peak = audit("16M", "1", "spread.yaml", "spread.log")
print("spread:", "the same bytes" if (got, status) == (whole, whole_status) else "OTHER BYTES")
if MEASURED and (peak > 36 * 1024 or whole_peak < 48 * 1024):
    print("peak", peak, "KiB; without a limit", whole_peak, "KiB")
    sys.exit(1)
