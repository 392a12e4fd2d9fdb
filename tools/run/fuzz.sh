#!/usr/bin/env bash
# fuzz [TARGET] [SECONDS]: run the libFuzzer targets, all or one, 60 s each unless told
set -euo pipefail
source tools/lib.sh

target=${1:-} seconds=${2:-60}
[ -z "$target" ] || [ -f "fuzz/${target}_fuzz.cpp" ] || fail "no fuzz target is named '$target'"
build fuzz "${target:-fuzzers}${target:+_fuzz}"
for source in fuzz/${target:-*}_fuzz.cpp; do
  name=$(basename "$source" _fuzz.cpp)
  corpus=.cache/fuzz/$name
  mkdir -p "$corpus"
  seeds=()  # inputs that are kept for all, of those that have some
  [ ! -d "fuzz/corpus/$name" ] || seeds=("fuzz/corpus/$name")
  say "$name: $seconds s; inputs that reach new code are kept in $corpus"
  "build/fuzz/${name}_fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 -malloc_limit_mb=64 "$corpus" "${seeds[@]}"
done
