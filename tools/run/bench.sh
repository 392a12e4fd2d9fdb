#!/usr/bin/env bash
# bench [micro [FILTER] | profile WORKLOAD | overload | reloads | embeddings | forms | python | rolling-restart | text | OPTIONS]: figures; --help says more
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

# harness PROGRAM [arguments]
harness() {
  case " $* " in
    *" --help "* | *" -h "*) ;;
    *) build release parlance-bench-server raw-bench-server nghttp2-bench-server grpcpp-bench-server bench-generator \
      grpcpp-bench-client parlance-bench-client bench-calibrate parlance-allocations ;;
  esac
  exec "$python" "bench/harness/$1" "${@:2}"
}

# serving PROGRAM [arguments]: what the inference server does under load
serving() {
  build release parlance
  exec "$python" "bench/serving/$1.py" "${@:2}"
}

case ${1:-} in
  micro) microbenchmarks "${@:2}" ;;
  profile) harness sample.py "${@:2}" ;;
  overload | reloads | embeddings | text) serving "$@" ;;
  forms) serving tensor_forms "${@:2}" ;;
  python) serving python_models "${@:2}" ;;
  rolling-restart) serving rolling_restart "${@:2}" ;;
  *) harness compare.py "$@" ;;
esac
