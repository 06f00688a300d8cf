#!/bin/sh
# no_weak_symbols.sh NM OBJECT...: fails if an object defines a weak symbol or one that the linker keeps once.
set -eu
nm="$1"
shift
found="$("$nm" -C --defined-only "$@" | grep -E ' [WVu] ' || true)"
if [ -n "$found" ]; then
  echo "shared between instruction sets:" "$found" >&2
  exit 1
fi
