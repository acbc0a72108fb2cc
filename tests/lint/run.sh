#!/usr/bin/env bash
# Every lint; the last line is "N passed, N failed".
set -uo pipefail
passed=0 failed=0
check() {
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $name"; fi
}
check "include order" python3 tests/lint/include_order.py
check "headers compile alone" bash tests/lint/headers_alone.sh
check "file lengths" bash tests/lint/file_length.sh
check "clang-format" make -s format-check
check "clang-tidy" bash tests/lint/tidy.sh
check "documents" python3 tests/lint/docs.py
check "targets are documented" bash tests/lint/make_help.sh
check "shell scripts" shellcheck -S warning bootstrap .ci/run tests/run.sh tests/lint/*.sh tests/golden/run.sh \
    tests/torture/run.sh tests/valgrind.sh tests/tsan.sh tests/fuzz/run.sh
check "Lua rules" luacheck -q rules
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
