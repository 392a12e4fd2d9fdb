#!/usr/bin/env bash
# setup: install what is missing: Debian packages, wheels, test tools, models
set -euo pipefail
source tools/lib.sh
source tools/progress.sh

stamps=$deps/stamps
go_version_pin=$(sed -n 's/^go //p' packages/go/go.mod)

# A step is done when its stamp holds the hash of the lists it was done for, in this folder.
hash_of() { { echo "$root"; cat "$@"; } | sha256sum | cut -d ' ' -f 1; }
is_done() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$(hash_of "${@:2}")" ]; }
mark_done() { mkdir -p "$stamps" && hash_of "${@:2}" >"$stamps/$1"; }

check_system() {
  local name
  name=$(. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-}")
  [ "$name" = "debian 12" ] ||
    fail "Parlance is built and tested on Debian 12 only; this is '$name'. A Debian 12 container or virtual machine will do."
}

# The packages of apt.txt that are not installed, one a line.
missing_packages() {
  local wanted
  wanted=$(sed 's/#.*//' packages/apt.txt | while read -r package _ program; do
    if [ -n "$package" ] && ! { [ -n "$program" ] && command -v "$program" >/dev/null; }; then echo "$package"; fi
  done)
  # dpkg-query exits 1 when it does not know a package.
  { dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null || true; } |
    sed -n 's/ installed$//p' | sort | comm -13 - <(sort <<<"$wanted")
}

install_packages() {
  as_root apt-get -o DPkg::Lock::Timeout=300 update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

install_python_tools() {
  rm -rf "$deps/python-tools"
  /usr/bin/python3 -m venv "$deps/python-tools"
  "$python" -m pip install --no-deps -r packages/python-test.txt
  mark_done python-tools packages/python-test.txt
}

install_engine() {
  rm -rf "$deps/python"
  "$python" -m pip install --no-deps --target "$deps/python" -r packages/python-runtime.txt
  mark_done engine packages/python-runtime.txt
}

install_go_tools() {
  (cd packages/go && GOBIN=$deps/bin GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    go install github.com/summerwind/h2spec/cmd/h2spec github.com/fullstorydev/grpcurl/cmd/grpcurl)
  mark_done go-tools packages/go/go.mod
}

fetch_models() {
  "$python" models/magika/fetch.py
  mark_done models models/magika/fetch.py
}

needs_models() {
  [ -f models/magika/fetch.py ] &&
    { [ ! -f models/repository/magika/1/model.onnx ] || ! is_done models models/magika/fetch.py; }
}

install_missing() {
  local -a todo=()
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] || todo+=(packages)
  is_done python-tools packages/python-test.txt || todo+=(python_tools)
  is_done engine packages/python-runtime.txt || todo+=(engine)
  is_done go-tools packages/go/go.mod || todo+=(go_tools)
  ! needs_models || todo+=(models)
  [ ${#todo[@]} -gt 0 ] || return 0

  say "setup: ${#todo[@]} steps, into $(basename "$root")/.deps and Debian's packages"
  steps_total=${#todo[@]}
  local name
  for name in "${todo[@]}"; do
    steps_log=$deps/setup-$name.log
    case $name in
      packages)
        [ "$(id -u)" = 0 ] || sudo -v || fail "Installing Debian packages needs root or sudo: $(tr '\n' ' ' <<<"$missing")"
        step "Debian packages ($(wc -l <<<"$missing") missing)" install_packages $missing ;;
      python_tools) step "Python test tools" install_python_tools ;;
      engine) step "OpenVINO runtime" install_engine ;;
      go_tools) step "h2spec and grpcurl (Go ≥ $go_version_pin)" install_go_tools ;;
      models) step "magika model" fetch_models ;;
    esac
  done
}

check_system
mkdir -p "$deps"
(
  flock 9  # two ./run in one clone: the second waits and then finds nothing to do
  install_missing 9>&-
) 9>"$deps/lock"
