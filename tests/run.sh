#!/usr/bin/env bash
# Runs unit tests, the kept inputs of the fuzzers, golden cases, the commands of documents, measures against a reference,
# and the bundled rules on two generated days; the last line is "N passed, N failed".
# usage, in the top folder: tests/run.sh BUILD
set -uo pipefail
build=$1
passed=0 failed=0

section() { echo "-- $1"; }

section "unit tests"
for source in tests/unit/*/test_*.c; do
    test=${source#tests/}
    test=$build/${test%.c}
    log=$("$test" 2>&1)
    status=$?
    ok=$(grep -c '^\[       OK \]' <<<"$log")
    bad=$(grep -c '^\[  FAILED  \] [a-z_0-9]*$' <<<"$log")
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + ok))
    if [ "$status" -ne 0 ]; then
        failed=$((failed + (bad > 0 ? (bad + 1) / 2 : 1)))
        echo "FAIL $test"
        grep -v -E '^\[ RUN|^\[       OK' <<<"$log" | head -60
    fi
done

section "kept inputs of the fuzzers"
for replay in "$build"/fuzz/replay_*; do
    [ -x "$replay" ] && [ "${replay%.d}" = "$replay" ] || continue
    what=${replay##*/replay_}
    if log=$("$replay" "tests/fuzz/corpus/$what"/* 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $replay"
        tail -40 <<<"$log"
    fi
done

FLOWLAW=$(cd "$build" && pwd)/flowlaw
export FLOWLAW
section "golden cases"
golden=$(bash tests/golden/run.sh)
echo "$golden" | grep -v '^ok ' || true
section "commands of the documents"
documents=$(python3 tests/docs/run.py "$FLOWLAW"; python3 tests/docs/reference.py "$FLOWLAW")
echo "$documents" | grep -v '^ok ' || true
golden+=$'\n'$documents
section "measures against a reference"
measures=$(python3 tests/measures/run.py "$FLOWLAW")
echo "$measures" | grep -v '^ok ' || true
golden+=$'\n'$measures
section "the bundled rules on two days"
days=$(python3 tests/days/run.py "$FLOWLAW" 2>&1) || grep -q ' failed$' <<<"$days" || days+=$'\nFAIL days'
echo "$days" | grep -v -E '^ok |passed, ' || true
golden+=$'\n'$days
passed=$((passed + $(grep -c '^ok ' <<<"$golden")))
failed=$((failed + $(grep -c '^FAIL ' <<<"$golden")))

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
