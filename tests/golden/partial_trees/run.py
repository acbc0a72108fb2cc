"""64 objects; 64 partial results, put together in trees of several shapes, give the bytes of one audit."""
import os
import pathlib
import random
import subprocess

HEAD = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status\n")
START = 1767600000
FILES = 64


def row(r, minute):
    start = START + minute * 60 + r.randrange(60)
    if r.random() < 0.02:
        status = r.choice(("NODATA", "SKIPDATA"))
        return f"2 1 eni-{r.randrange(6)} - - - - - - - {start} {start + 60} - {status}\n"
    if r.random() < 0.15:
        port = 1000 + minute % 40 * 3 + r.randrange(6)
        return f"2 1 eni-5 10.0.9.{r.randrange(3)} 10.0.5.5 40000 {port} 6 3 180 {start} {start + 20} ACCEPT OK\n"
    src, dst = r.choice((f"10.0.1.{r.randrange(4)}", f"10.0.9.{5 + r.randrange(4)}", f"198.51.100.{r.randrange(9)}")), \
        r.choice((f"10.0.10.{r.randrange(4)}", "10.0.5.5", "10.0.20.9"))
    if r.random() < 0.3:
        src, dst = f"10.0.10.{r.randrange(4)}", r.choice(("10.0.20.9", "10.0.20.9", "8.8.8.8"))
    port = 443 if dst.startswith("10.0.20") else r.choice((5432, 5432, 22, 53))
    protocol = 17 if port == 53 else 6
    action = "REJECT" if r.random() < 0.3 else "ACCEPT"
    eni = int(dst.split(".")[-1]) % 5
    return (f"2 1 eni-{eni} {src} {dst} {r.randrange(1024, 65536)} {port} {protocol} {r.randrange(1, 90)} "
            f"{r.randrange(40, 99999)} {start} {start + r.randrange(90)} {action} OK\n")


def flowlaw(*args):
    got = subprocess.run([os.environ["FLOWLAW"], *args], capture_output=True, check=False)
    return got.returncode, got.stdout, got.stderr


def same(what, got, expected):
    print(what, "the same bytes" if got == expected else "OTHER BYTES")


r = random.Random(3)
pathlib.Path("logs").mkdir()
for i in range(FILES):
    lines = [row(r, i * 4 + r.randrange(6)) for _ in range(60)]
    if i % 20 == 7:
        lines.insert(5, "not a record\n")
    pathlib.Path(f"logs/{i:02}.log").write_text(HEAD + "".join(lines))
r.shuffle(names := [f"logs/{i:02}.log" for i in range(FILES)])
audit = ("-p", "policy.yaml", "-o", "json")
one = flowlaw("audit", *audit, "logs")
kinds = {kind: one[1].count(b'"type":"%s"' % kind.encode()) for kind in ("finding", "intent", "rule", "blind_spot")}
print("status", one[0], kinds)
parts = []
for i, name in enumerate(names):
    parts.append(f"{i}.part")
    status, _, err = flowlaw("audit", "-p", "policy.yaml", "--partial", parts[-1], "--threads", str(1 + i % 2), name)
    if status:
        print(status, err)
same("64 at once:", flowlaw("merge", "-o", "json", *parts), one)
same("with 16M:", flowlaw("merge", "-o", "json", "--memory", "16M", *parts), one)
for shape, width in (("pairs", 2), ("a chain", 0), ("eights", 8)):
    level, number = list(parts), 0
    while len(level) > 1:
        r.shuffle(level)
        if width == 0:
            groups = [level[:16]] + [[p] for p in level[16:]]
        else:
            groups = [level[i:i + width] for i in range(0, len(level), width)]
        level = []
        for group in groups:
            if len(group) == 1:
                level += group
                continue
            number += 1
            level.append(f"{shape.replace(' ', '')}-{number}.part")
            status, _, err = flowlaw("merge", "--partial", level[-1], *group)
            if status:
                print(status, err)
    same(f"a tree of {shape}:", flowlaw("merge", "-o", "json", *level), one)
text = pathlib.Path("policy.yaml").read_text()
pathlib.Path("other.yaml").write_text(text.replace("use: walks", "{ use: walks, params: { run: 4 }, severity: critical }")
                                      .replace("severity: high }", "severity: critical }").replace("reason: known", "reason: old"))
anew = flowlaw("audit", "-p", "other.yaml", "-o", "json", "logs")
same("judged anew:", flowlaw("merge", "-p", "other.yaml", "-o", "json", *level), anew)
print("other results:", anew[1] != one[1])
os.remove("app.txt")
os.remove("policy.yaml")
same("without policy and rules on the disk:", flowlaw("merge", "-o", "json", *level), one)
