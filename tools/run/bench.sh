#!/usr/bin/env bash
# bench [OPTIONS]: our server beside others on the same work (see --help); `bench micro [FILTER]`: the microbenchmarks
set -euo pipefail
source tools/lib.sh

microbenchmarks() {
  build release
  shopt -s nullglob
  local program ran=''
  for program in build/release/*_bench; do
    say "$(basename "$program")"
    "$program" ${1:+--benchmark_filter="$1"}
    ran=yes
  done
  [ -n "$ran" ] || fail "this build has no benchmark"
}

compare() {
  case " $* " in
    *" --help "* | *" -h "*) ;;
    *) build release parlance-bench-server raw-bench-server nghttp2-bench-server grpcpp-bench-server bench-generator \
      bench-calibrate parlance-allocations ;;
  esac
  exec "$python" bench/harness/compare.py "$@"
}

if [ "${1:-}" = micro ]; then
  microbenchmarks "${@:2}"
else
  compare "$@"
fi
