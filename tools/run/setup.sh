#!/usr/bin/env bash
# setup: install what is missing: Debian packages, wheels, test tools, models
set -euo pipefail
source tools/lib.sh
source tools/progress.sh

stamps=$deps/stamps
conformance_go=$(sed -n 's/^go //p' packages/go-conformance/go.mod)

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

# go_build <folder of packages/> <program> <what the path of its package, in tools.go there, ends in>
go_build() {
  local package
  package=$(sed -n "s|.*\"\(.*/$3\)\".*|\1|p" "packages/$1/tools.go")
  (cd "packages/$1" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly go build -o "$deps/bin/$2" "$package")
}

# The Jinja engine of llama.cpp, of which the package ships the sources; the rest of it is not wanted.
install_jinja() {
  local folder=$deps/jinja
  rm -rf "$folder" && mkdir -p "$folder/package"
  "$python" -m pip download --no-deps --no-binary llama-cpp-python --dest "$folder/package" -r packages/jinja.txt
  tar xzf "$folder"/package/*.tar.gz -C "$folder" --wildcards --strip-components=3 '*/vendor/llama.cpp/LICENSE'
  tar xzf "$folder"/package/*.tar.gz -C "$folder" --wildcards --strip-components=4 \
    '*/vendor/llama.cpp/common/jinja/*' '*/vendor/llama.cpp/common/json.*' '*/vendor/llama.cpp/common/unicode.*'
  rm -r "$folder/package"
  mark_done jinja packages/jinja.txt
}

# What holds output to a grammar: the C++ of the package, and the two headers it is built with.
install_xgrammar() {
  local folder=$deps/xgrammar
  rm -rf "$folder" && mkdir -p "$folder/package"
  "$python" -m pip download --no-deps --no-binary xgrammar --dest "$folder/package" -r packages/xgrammar.txt
  tar xzf "$folder"/package/*.tar.gz -C "$folder" --strip-components=1 --wildcards --no-wildcards-match-slash \
    '*/LICENSE' '*/NOTICE' '*/include/xgrammar/*.h' '*/cpp/*.h' '*/cpp/*.cc' \
    '*/cpp/support/*' '*/cpp/converter_ext/*' '*/3rdparty/picojson/picojson.h' '*/3rdparty/dlpack/LICENSE' \
    '*/3rdparty/dlpack/include/dlpack/dlpack.h'
  rm -r "$folder/package"
  mark_done xgrammar packages/xgrammar.txt
}

install_go_tools() {
  go_build go h2spec cmd/h2spec
  go_build go grpcurl cmd/grpcurl
  go_build go grpc-go-interop-client interop/client
  go_build go grpc-go-interop-server interop/server
  mark_done go-tools packages/go/go.mod tools/run/setup.sh
}

# Go modules carry Go's toolchains too, so an older Go can fetch the newer one: Go 1.21 and later would by themselves,
# Debian's 1.19 is told to. A module's files have no execute bits.
fetch_newer_go() {
  local module
  module=$(sed -n 's|^// Go itself: ||p' packages/go-conformance/tools.go)
  module=$module@v0.0.1-go$conformance_go.$(go env GOOS)-$(go env GOARCH)
  module=$(cd packages/go && GOTOOLCHAIN=local GOFLAGS= go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  rm -rf "$deps/go"
  cp -r --no-preserve=mode "$module" "$deps/go"
  chmod -R +x "$deps/go/bin" "$deps/go/pkg/tool"
}

install_conformance_tools() {
  local installed
  installed=$(GOTOOLCHAIN=local go env GOVERSION)
  if [ "$(printf '%s\n' "$conformance_go" "${installed#go}" | sort -V | head -n 1)" = "$conformance_go" ]; then
    go_build go-conformance connectconformance cmd/connectconformance
  else
    fetch_newer_go
    PATH=$deps/go/bin:$PATH GOROOT=$deps/go \
      go_build go-conformance connectconformance cmd/connectconformance
  fi
  mark_done conformance-tools packages/go-conformance/go.mod tools/run/setup.sh
}

# What turns a user's models into versions, and MiniLM's weights into the one that ships.
prepare_importer() {
  /usr/bin/python3 importer --prepare
  mark_done importer importer/requirements.txt packages/python-runtime.txt
}

fetch_models() {
  local script
  for script in models/*/fetch.py; do "$python" "$script"; done
  mark_done models models/*/fetch.py
}

needs_models() {
  local script
  for script in models/*/fetch.py; do
    [ -f "models/repository/$(basename "$(dirname "$script")")/1/ORIGIN" ] || return 0
  done
  ! is_done models models/*/fetch.py
}

install_missing() {
  local -a todo=()
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] || todo+=(packages)
  is_done python-tools packages/python-test.txt || todo+=(python_tools)
  is_done engine packages/python-runtime.txt || todo+=(engine)
  is_done jinja packages/jinja.txt || todo+=(jinja)
  is_done xgrammar packages/xgrammar.txt || todo+=(xgrammar)
  is_done go-tools packages/go/go.mod tools/run/setup.sh || todo+=(go_tools)
  is_done conformance-tools packages/go-conformance/go.mod tools/run/setup.sh || todo+=(conformance_tools)
  is_done importer importer/requirements.txt packages/python-runtime.txt || todo+=(importer)
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
      jinja) step "llama.cpp's Jinja engine" install_jinja ;;
      xgrammar) step "xgrammar" install_xgrammar ;;
      go_tools) step "h2spec, grpcurl, grpc-go's interop programs" install_go_tools ;;
      conformance_tools) step "Connect's conformance suite (Go $conformance_go)" install_conformance_tools ;;
      importer) step "the importer's Python environment" prepare_importer ;;
      models) step "models: magika, MiniLM, silero-vad" fetch_models ;;
    esac
  done
}

check_system
mkdir -p "$deps"
(
  flock 9  # two ./run in one clone: the second waits and then finds nothing to do
  install_missing 9>&-
) 9>"$deps/lock"
