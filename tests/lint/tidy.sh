#!/usr/bin/env bash
# clang-tidy on every source; what has not changed since it last passed is not looked at again (build/tidy).
set -uo pipefail
read -ra flags <<<"$(pkg-config --cflags lua5.4 yaml-0.1 zlib libzstd nettle)"
flags+=(-std=c11 -D_GNU_SOURCE -I.)
if pkg-config --exists libisal; then
    read -ra isal <<<"$(pkg-config --cflags libisal)"
    flags+=(-DFL_HAVE_ISAL "${isal[@]}")
fi
common=$(cat .clang-tidy core/*/*.h core/*/*.def plugins/*/*/*.h | sha256sum)

tidy() {
    local source=$1 sum stamp wide=()
    shift
    stamp=build/tidy/${source//\//_}
    sum=$(echo "$common $(sha256sum <"$source")")
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    case $source in
    *_avx2.c) wide=(-mavx2 -mbmi -mbmi2 -mpopcnt) ;;
    *_avx512.c) wide=(-mavx2 -mbmi -mbmi2 -mpopcnt -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi -mavx512vbmi2) ;;
    esac
    clang-tidy --quiet "$source" -- "$@" "${wide[@]}" 2>/dev/null && echo "$sum" >"$stamp"
}

mkdir -p build/tidy
export -f tidy
export common
printf '%s\0' core/*/*.c plugins/*/*/*.c | xargs -0 -P "$(nproc)" -I{} bash -c 'tidy "$@"' _ {} "${flags[@]}"
