#!/usr/bin/env bash
# Audits by several threads under ThreadSanitizer: a data race fails, and so does a result that one thread alone does not
# come to. Objects of many chunks are shared, rules have code, equal records are left out, groups are written to the
# disk, and parts are merged. The last line is "N passed, N failed". usage, in the top folder: tests/tsan.sh BUILD
set -uo pipefail
build=$(cd "$1" && pwd)
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TSAN_OPTIONS="exitcode=66 log_path=$work/race"
top=$PWD
cd "$work" || exit 1

# checked NAME FILE1 FILE2 COMMAND...: passes when the command makes the two files equal, and no run told of a race.
checked() {
    local name=$1 one=$2 other=$3 races
    shift 3
    rm -f ./*.jsonl
    "$@" >log 2>&1 </dev/null
    races=$(cat race.* 2>/dev/null | head -60)
    rm -f race.*
    if [ -z "$races" ] && [ -s "$one" ] && cmp -s "$one" "$other"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        cmp "$one" "$other"
        tail -5 log
        echo "$races"
    fi
}

# audits POLICY INPUT...: by one thread and by four, in small chunks.
audits() {
    local policy=$1
    shift
    "$build/flowlaw" audit -p "$policy" -o json=one.jsonl --threads 1 "$@"
    FL_CHUNK=3000 "$build/flowlaw" audit -p "$policy" -o json=four.jsonl --threads 4 --profile "$@"
}

spills() {
    "$build/flowlaw" audit -p flood.yaml -o json=one.jsonl --threads 1 shared.log
    "$build/flowlaw" audit -p flood.yaml -o json=four.jsonl --threads 4 --memory 16M shared.log
}

merges() {
    "$build/flowlaw" audit -p all.yaml -o json=one.jsonl --threads 1 a.log c.log.gz
    FL_CHUNK=3000 "$build/flowlaw" audit -p all.yaml --partial a.part --threads 4 a.log
    FL_CHUNK=3000 "$build/flowlaw" audit -p all.yaml --partial c.part --threads 4 c.log.gz
    "$build/flowlaw" merge -o json=four.jsonl c.part a.part
}

rows=${TSAN_ROWS:-6000}
"$build/bench/gen" --seed 1 --rows "$rows" >a.log
"$build/bench/gen" --seed 2 --rows "$rows" --v5 >b.log
"$build/bench/gen" --seed 3 --rows "$rows" --gzip >c.log.gz
"$build/bench/gen" --seed 4 --rows $((4 * rows)) >shared.log
printf 'version: 1\nname: all\nfail_on: none\nrules: [{ use: "*/*" }]\n' >all.yaml
printf 'version: 1\nname: once\nfail_on: none\ndedupe: true\nrules: [{ use: "cost/*" }]\n' >once.yaml
printf 'version: 1\nname: flood\nfail_on: none\nrules: [{ use: ./flood.lua }]\n' >flood.yaml
cat >flood.lua <<'LUA'
rule { title = "One pair", severity = "low", group_by = { "srcaddr", "dstaddr", "srcport", "dstport" },
       measure = { first = first "bytes", seen = set("interface_id", 4), most = max "bytes" }, having = "flows >= 2" }
LUA

checked "every bundled rule" one.jsonl four.jsonl audits all.yaml a.log b.log c.log.gz
checked "chunks of one object" one.jsonl four.jsonl audits all.yaml c.log.gz
checked "equal records" one.jsonl four.jsonl audits once.yaml a.log a.log c.log.gz
checked "rules with code" one.jsonl four.jsonl audits "$top/tests/torture/code/policy.yaml" "$top/examples/quickstart/logs"
checked "groups on the disk" one.jsonl four.jsonl spills
checked "parts" one.jsonl four.jsonl merges
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
