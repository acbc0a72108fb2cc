#!/usr/bin/env bash
# The quickstart audit, a bad policy and every unit test under memcheck: an error or a leak fails.
# The kernels of the decoder go without: their millions of texts take minutes here, and the sanitizers run them all.
# The last line is "N passed, N failed". usage, in the top folder: tests/valgrind.sh BUILD
set -uo pipefail
build=$1
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# checked STATUS COMMAND...: passes when the command ends with that status and memcheck has nothing to say.
checked() {
    local expected=$1 status
    shift
    valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all \
        --log-file="$log" "$@" >/dev/null 2>&1 </dev/null
    status=$?
    if [ "$status" -eq "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL status $status: $*"
        head -40 "$log"
    fi
}

quickstart=examples/quickstart
checked 1 "$build/flowlaw" audit --threads 2 -p $quickstart/policy.yaml $quickstart/logs
checked 1 "$build/flowlaw" audit --threads 1 -p tests/torture/code/policy.yaml -o json $quickstart/logs
checked 2 "$build/flowlaw" check -p tests/torture/bad/policy.yaml
for source in tests/unit/*/test_*.c; do
    [ "$source" != tests/unit/plugins/test_aws_vpc_kernels.c ] || continue
    test=${source#tests/}
    checked 0 "$build/${test%.c}"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
