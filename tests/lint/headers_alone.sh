#!/usr/bin/env bash
# Every header of core compiles when it is the only thing included.
set -uo pipefail
failed=0
flags=(-std=c11 -D_GNU_SOURCE -Wall -Wextra -I. -fsyntax-only -x c)
read -ra lua <<<"$(pkg-config --cflags lua5.4)"
for header in core/*/*.h; do
    echo "#include \"$header\"" | ${CC:-cc} "${flags[@]}" "${lua[@]}" - || { echo "$header"; failed=1; }
done
exit "$failed"
