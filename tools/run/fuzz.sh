#!/usr/bin/env bash
# fuzz [TARGET] [SECONDS]: run the libFuzzer targets, all or one, 60 s each unless told
set -euo pipefail
source tools/lib.sh

target=${1:-} seconds=${2:-60}
build fuzz
shopt -s nullglob
for program in build/fuzz/${target:-*}_fuzz; do
  [ -x "$program" ] || continue
  name=$(basename "$program" _fuzz)
  corpus=.cache/fuzz/$name
  mkdir -p "$corpus"
  seeds=(fuzz/corpus/"$name"*/)  # none, or the inputs that are kept
  say "$name: $seconds s; inputs that reach new code are kept in $corpus"
  "$program" -max_total_time="$seconds" -rss_limit_mb=2048 "$corpus" "${seeds[@]}"
  ran=yes
done
[ -n "${ran:-}" ] || fail "no fuzz target matches '${target:-*}'"
