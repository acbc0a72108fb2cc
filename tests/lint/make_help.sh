#!/usr/bin/env bash
# make help lists every target that .PHONY names.
set -uo pipefail
status=0
for target in $(sed -n 's/^\.PHONY: //p' Makefile); do
    make -s help | grep -qE "^$target +" || { echo "make help does not list $target"; status=1; }
done
exit "$status"
