#!/usr/bin/env bash
# bench [FILTER]: run the microbenchmarks whose names match; `bench first_light`: server CPU per call, beside grpc++
set -euo pipefail
source tools/lib.sh

if [ "${1:-}" = first_light ]; then
  build release parlance parlance-bench-server grpcpp-bench-server
  exec "$python" bench/first_light.py "${@:2}"
fi

build release
shopt -s nullglob
for program in build/release/*_bench; do
  say "$(basename "$program")"
  "$program" ${1:+--benchmark_filter="$1"}
  ran=yes
done
[ -n "${ran:-}" ] || fail "this build has no benchmark"
