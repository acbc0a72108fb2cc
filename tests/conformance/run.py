"""Compares what flowlaw decodes with real samples and the results that other projects published for them.

usage: run.py FLOWLAW DATA. A rule that groups by every field shows each record's typed values in the results.
The last line is "N passed, N failed".
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import datetime
import ipaddress

FLOWLAW, DATA = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
passed = failed = 0


def known_fields():
    out = subprocess.run([FLOWLAW, "list", "fields", "-o", "json"], capture_output=True, text=True, check=True).stdout
    names = [json.loads(line)["name"] for line in out.splitlines()]
    return names[:names.index("client")]


FIELDS = known_fields()
RULE = """rule {
  title = "every record", severity = "info",
  where = "log_status is null or log_status is not null",
  group_by = { %s },
}
"""


def field_name(column):
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower().replace("-", "_")
    return {"start": "start_time", "end": "end_time"}.get(name, name)


def audit(text, columns=None, told=None):
    """Records as {field: value}, and the run line. columns: those that the records have, or every field."""
    fields = [f for f in FIELDS if columns is None or f in columns]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "rules").mkdir()
        (work / "rules/all.lua").write_text(RULE % ", ".join(f'"{f}"' for f in fields))
        (work / "p.yaml").write_text("version: 1\nname: conformance\nmax_bad_lines: 1000000\nrules: [{ use: all }]\n")
        (work / "in.log").write_text(text)
        command = [FLOWLAW, "audit", "-p", "p.yaml", "-o", "json", "in.log"]
        if told:
            command += ["--format", told]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if not lines:
        raise AssertionError(done.stderr)
    records = []
    for line in lines:
        if line["type"] == "finding":
            records += [dict(line["group"])] * line["flows"]
    return records, lines[0], lines


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {detail}")


def ms(value):
    """Seconds or RFC 3339 -> the text that results show."""
    if isinstance(value, int):
        when = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    else:
        when = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def normal(field, value):
    if value is None or value == "-":
        return None
    if field in ("start_time", "end_time"):
        return ms(int(value) if str(value).isdigit() else value)
    if field in ("action", "log_status"):
        return str(value).lower()
    if field == "account_id":
        return str(value).zfill(12)
    if field.endswith("addr") and "." in str(value) + ":":
        return str(ipaddress.ip_address(value))
    return str(value)


def compare(name, record, expected):
    for column, value in expected.items():
        field = field_name(column)
        want = normal(field, value)
        got = normal(field, record.get(field))
        check(f"{name} {field}", got == want, f"got {got!r}, expected {want!r}")


def by_columns(name, text, columns, told=None):
    """Every value of every line against the raw text, under the columns given."""
    fields = [field_name(c) for c in columns]
    rows = [line.split() for line in text.splitlines() if line.split()]
    rows = [row for row in rows if len(row) == len(columns) and [field_name(c) for c in row] != fields]
    records, run, _ = audit(text, set(fields), told)
    check(f"{name} records", run["records"] == len(rows), f"{run['records']} of {len(rows)}")
    wanted = sorted([[normal(f, v) for f, v in zip(fields, row) if f in FIELDS] for row in rows], key=str)
    got = sorted([[normal(f, r.get(f)) for f in fields if f in FIELDS] for r in records], key=str)
    for a, b in zip(got, wanted):
        check(f"{name} values", a == b, f"got {a}, expected {b}")
    return run


def headed(path, bad=0):
    text = (DATA / path).read_text()
    run = by_columns(path, text, text.splitlines()[0].split())
    check(f"{path} bad lines", run["bad_lines"] == bad, run["bad_lines"])


V2 = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
      "log-status").split()
V5 = V2 + ("vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type "
           "sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path").split()
V8 = V5 + ("ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id "
           "ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id "
           "reject-reason").split()
TGW = ("version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
       "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
       "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
       "log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded "
       "packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service").split()


def expected_examples():
    for example in json.loads((DATA / "vrl/parse-examples-expected.json").read_text()):
        line = example.get("line") or example.get("input")
        told = example.get("format")
        expected = example.get("return") or example.get("expected")
        columns = {field_name(c) for c in expected}
        records, _, _ = audit(line + "\n", columns, told.replace("_", "-") if told else None)
        check("vrl one record", len(records) == 1, len(records))
        if records:
            compare("vrl", records[0], expected)


def elastic(path, columns, pairs):
    text = (DATA / path).read_text()
    expected = json.loads((DATA / path.replace(".log", ".expected.json")).read_text())
    records, run, _ = audit(text if text.endswith("\n") else text + "\n", {field_name(c) for c in columns})
    check(f"{path} one record", run["records"] == 1, run["records"])
    for field, keys in pairs.items():
        value = expected
        for key in keys.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and records:
            compare(path, records[0], {field: value})
    by_columns(path, text, columns)


def wrapped():
    for path, key in (("tenzir-library/cloudwatch-v2.ndjson", "message"),):
        lines = [json.loads(line)[key] for line in (DATA / path).read_text().splitlines() if line]
        by_columns(path, "\n".join(lines) + "\n", V2)
    path = "tenzir-library/cloudwatch-v7-ecs.ndjson"
    lines = [json.loads(line)["message"] for line in (DATA / path).read_text().splitlines() if line]
    text = (DATA / "tenzir-library/expected-parse-v7-ecs.txt").read_text()
    expected = []
    for block in re.findall(r"\{(.*?)\n\}", text, re.S):
        expected.append({m[0]: None if m[1] == "null" else m[1].strip('"')
                         for m in re.findall(r"^  (\w+): (.*),$", block, re.M)})
    columns = V2 + ("ecs-cluster-name ecs-cluster-arn ecs-container-instance-id ecs-container-instance-arn "
                    "ecs-service-name ecs-task-definition-arn ecs-task-id ecs-task-arn ecs-container-id "
                    "ecs-second-container-id").split()
    told = best_order(lines, expected, columns)
    records, _, _ = audit("\n".join(lines) + "\n", {field_name(c) for c in columns}, " ".join(told))
    check(f"{path} records", len(records) == len(expected), len(records))
    for want in expected:
        found = [r for r in records if normal("start_time", want["start"]) == normal("start_time", r["start_time"])
                 and r["interface_id"] == want["interface_id"]]
        check(f"{path} record", bool(found), want)
        if found:
            compare(path, found[0], want)
    path = "opensearch-catalog/amazon_vpc_flow-sample.json"
    bodies = [e["body"] for e in json.loads((DATA / path).read_text()) if isinstance(e.get("body"), str)]
    by_length = {}
    for body in bodies:
        by_length.setdefault(len(body.split()), []).append(body)
    for count, group in sorted(by_length.items()):
        columns = {14: V2, 29: V5}.get(count)
        if columns:
            by_columns(f"{path} {count}", "\n".join(group) + "\n", columns)


def best_order(lines, expected, columns):
    """The order of the ECS columns is told nowhere in the file: the first record's values decide it."""
    values = lines[0].split()
    names = list(V2)
    rest = [c for c in columns if c not in V2]
    want = {c: expected[0].get(field_name(c)) for c in rest}
    for value in values[len(V2):]:
        hit = [c for c in rest if (want[c] or "-") == value]
        names.append(hit[0])
        rest.remove(hit[0])
    return names


def main():
    expected_examples()
    pairs = {"account_id": "cloud.account.id", "interface_id": "aws.vpcflow.interface_id", "srcaddr": "source.ip",
             "dstaddr": "destination.ip", "srcport": "source.port", "dstport": "destination.port",
             "protocol": "network.iana_number", "packets": "network.packets", "bytes": "network.bytes",
             "start_time": "event.start", "end_time": "event.end", "action": "aws.vpcflow.action",
             "log_status": "aws.vpcflow.log_status", "vpc_id": "aws.vpcflow.vpc_id",
             "subnet_id": "aws.vpcflow.subnet_id", "instance_id": "aws.vpcflow.instance_id",
             "tcp_flags": "aws.vpcflow.tcp_flags", "type": "aws.vpcflow.type",
             "pkt_srcaddr": "aws.vpcflow.pkt_srcaddr", "pkt_dstaddr": "aws.vpcflow.pkt_dstaddr",
             "region": "cloud.region", "az_id": "cloud.availability_zone", "flow_direction": "network.direction",
             "pkt_src_aws_service": "aws.vpcflow.pkt_src_service",
             "pkt_dst_aws_service": "aws.vpcflow.pkt_dst_service", "traffic_path": "aws.vpcflow.traffic_path",
             "ecs_task_id": "aws.vpcflow.ecs_task_id", "ecs_service_name": "service.name",
             "ecs_cluster_name": "orchestrator.cluster.name", "reject_reason": "event.reason"}
    elastic("elastic-integrations/aws-v5-all-fields.log", V5, pairs)
    elastic("elastic-integrations/aws-v8-samples.log", V8, pairs)
    wrapped()
    for path in ("aws-docs/default-v2-header.log", "aws-docs/nat-gateway.log", "aws-docs/v3-tcp-flag-sequence.log",
                 "aws-docs/v3-transit-gateway-eni.log", "aws-docs/v5-traffic-path.log", "flowlogs-reader/v3-file.log",
                 "flowlogs-reader/v4-file.log", "flowlogs-reader/v6-file.log", "vrl/v7-ecs.log", "vrl/v8-v11.log"):
        headed(path)
    headed("flowlogs-reader/v5-file.log", bad=1)
    for path in ("aws-docs/default-v2-noheader.log", "flowlogs-reader/v2-records.log",
                 "elastic-integrations/aws-extra-samples.log"):
        by_columns(path, (DATA / path).read_text(), V2)
    path = "elastic-integrations/aws-tgw-samples.log"
    by_columns(path, (DATA / path).read_text(), TGW)
    path = "issue-threads/alphabetical-29-columns-skipdata.log"
    by_columns(path, (DATA / path).read_text(), sorted(V5))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
