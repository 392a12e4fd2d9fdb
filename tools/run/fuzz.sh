#!/usr/bin/env bash
# fuzz [TARGET] [SECONDS]: run the libFuzzer targets, all or one, 60 s each unless told
set -euo pipefail
source tools/lib.sh

target=${1:-} seconds=${2:-60}
build fuzz
shopt -s nullglob
for program in build/fuzz/fuzz_${target:-*}; do
  [ -x "$program" ] || continue
  corpus=.cache/fuzz/$(basename "$program")
  mkdir -p "$corpus"
  seeds=(fuzz/corpus/"$(basename "$program")")
  say "$(basename "$program"): $seconds s; new inputs go to $corpus"
  "$program" -max_total_time="$seconds" -rss_limit_mb=2048 -print_final_stats=1 "$corpus" "${seeds[@]}"
  ran=yes
done
[ -n "${ran:-}" ] || fail "no fuzz target matches '${target:-*}'"
