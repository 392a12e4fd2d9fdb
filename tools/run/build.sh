#!/usr/bin/env bash
# build [PRESET] [TARGET...]: compile; PRESET is release (default), dev (ASan, UBSan), tsan or fuzz
set -euo pipefail
source tools/lib.sh

build "${@:-release}"
