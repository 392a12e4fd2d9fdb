#!/usr/bin/env bash
# package: the runtime as a Debian package (libparlance-dev), in build/release/packages
set -euo pipefail
source tools/lib.sh

build release parlance_services protoc-gen-parlance
cpack --config build/release/CPackConfig.cmake -B build/release/packages
