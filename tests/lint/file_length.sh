#!/usr/bin/env bash
# No source file is longer than 800 lines.
set -uo pipefail
long=$(wc -l core/*/*.[ch] plugins/*/*/*.[ch] tests/unit/*/*.[ch] | awk '$1 > 800 && $2 != "total"')
[ -z "$long" ] || { echo "$long"; exit 1; }
