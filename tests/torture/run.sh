#!/usr/bin/env bash
# Lets the n-th allocation fail, for n = FIRST, FIRST + STEP, ... over whole runs. Each run must end with status 4 and a
# message that speaks of memory, or exactly like the run without a failure; a crash, a hang, a leak or another status
# fails. The last line is "N passed, N failed", in allocations tried.
# usage, in the top folder: TORTURE_STEP=1 tests/torture/run.sh BUILD
set -uo pipefail
flowlaw=$1/flowlaw
step=${TORTURE_STEP:-1}
jobs=${TORTURE_JOBS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1

# try NAME N COMMAND...: one run; prints what is wrong with it.
try() {
    local name=$1 n=$2 status got=$work/$1.$2
    shift 2
    FL_FAIL_ALLOC=$n timeout 20 "$@" >"$got.out" 2>"$got.err" </dev/null
    status=$?
    if [ "$status" -eq 4 ] && grep -q 'memory' "$got.err" && [ "$(wc -l <"$got.err")" -lt 20 ]; then
        rm -f "$got".*
    elif [ "$status" -eq "$(cat "$work/$name.status")" ] && cmp -s "$got.out" "$work/$name.out" &&
        cmp -s "$got.err" "$work/$name.err"; then
        rm -f "$got".*
    else
        echo "FAIL $name: allocation $n: status $status: FL_FAIL_ALLOC=$n $*"
        diff "$work/$name.err" "$got.err" | head -${TORTURE_LINES:-6}
        touch "$got.failed"
    fi
}

# torture NAME COMMAND...: counts the allocations of a good run, then fails each in turn.
torture() {
    local name=$1 count n worker
    shift
    FL_COUNT_ALLOC=$work/$name.count "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null
    echo $? >"$work/$name.status"
    count=$(cat "$work/$name.count")
    for ((worker = 0; worker < jobs; worker++)); do
        for ((n = 1 + worker * step; n <= count; n += jobs * step)); do
            try "$name" "$n" "$@"
        done &
    done
    wait
    tried=$((tried + (count + step - 1) / step))
    echo "$name: status $(cat "$work/$name.status"), $count allocations, every ${step}. tried"
}

tried=0
quickstart=examples/quickstart
torture audit "$flowlaw" audit --threads 1 -p $quickstart/policy.yaml -o json $quickstart/logs
torture text "$flowlaw" audit --threads 2 -p $quickstart/policy.yaml $quickstart/logs
torture code "$flowlaw" audit --threads 1 -p tests/torture/code/policy.yaml -o json $quickstart/logs
torture bad "$flowlaw" check -p tests/torture/bad/policy.yaml
torture list "$flowlaw" list rules

failed=$(find "$work" -name '*.failed' | wc -l)
echo "$((tried - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
