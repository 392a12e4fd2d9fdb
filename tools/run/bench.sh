#!/usr/bin/env bash
# bench [FILTER]: build and run the microbenchmarks (Google Benchmark) whose names match
set -euo pipefail
source tools/lib.sh

build release
shopt -s nullglob
for program in build/release/*_bench; do
  say "$(basename "$program")"
  "$program" ${1:+--benchmark_filter="$1"}
  ran=yes
done
[ -n "${ran:-}" ] || fail "this build has no benchmark"
