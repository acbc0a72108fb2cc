#!/usr/bin/env bash
# Runs every fuzzer for its share of the time, from the kept inputs on. What crashes one is left in BUILD/fuzz/found:
# fix the bug, then keep that input in tests/fuzz/corpus. The last line is "N passed, N failed".
# usage: tests/fuzz/run.sh BUILD SECONDS
set -uo pipefail
build=$1 seconds=$2
passed=0 failed=0
mapfile -t fuzzers < <(printf '%s\n' "$build"/fuzz/fuzz_* | grep -v '\.d$')
share=$((seconds / ${#fuzzers[@]}))
[ "$share" -gt 0 ] || share=1
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
mkdir -p "$build/fuzz/found"

for fuzzer in "${fuzzers[@]}"; do
    what=${fuzzer##*/fuzz_}
    mkdir -p "$build/fuzz/made/$what"
    log=$build/fuzz/$what.log
    if "$fuzzer" -max_total_time="$share" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
        -artifact_prefix="$build/fuzz/found/$what-" "$build/fuzz/made/$what" "tests/fuzz/corpus/$what" \
        >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok $what: $(grep -o '^Done [0-9]* runs' "$log")"
    else
        failed=$((failed + 1))
        echo "FAIL $what"
        grep -v '^#' "$log" | head -60
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
