#!/usr/bin/env bash
# Golden command-line cases. Each folder beside this file is one: `cmd` runs in a copy of the folder with FLOWLAW set to
# the program and REPO to the tree; stdout, stderr and status are compared with expect.out, expect.err (if there) and
# expect.status. --update writes them anew. Names of cases may be given.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$here/../.." && pwd)
export REPO
update=0
[ "${1:-}" = --update ] && { update=1; shift; }
FLOWLAW=${FLOWLAW:-$REPO/build/flowlaw}
export FLOWLAW
if [ $# -eq 0 ]; then
    mapfile -t cases < <(cd "$here" && for folder in */; do echo "${folder%/}"; done)
    set -- "${cases[@]}"
fi

run_case() {
    local case=$1 work status
    work=$(mktemp -d)
    cp -r "$here/$case/." "$work/"
    (cd "$work" && bash ./cmd >"$work/got.out" 2>"$work/got.err" </dev/null)
    status=$?
    echo "$status" >"$work/got.status"
    local ok=1 what
    for what in out err status; do
        [ "$what" != err ] || [ -e "$here/$case/expect.err" ] || continue
        if [ "$update" = 1 ]; then
            cp "$work/got.$what" "$here/$case/expect.$what"
        elif ! diff -u "$here/$case/expect.$what" "$work/got.$what" >"$work/diff" 2>&1; then
            ok=0
            echo "FAIL $case ($what)"
            head -40 "$work/diff"
            break
        fi
    done
    [ "$ok" = 0 ] || echo "ok $case"
    rm -rf "$work"
}

for case in "$@"; do
    run_case "$case"
done
