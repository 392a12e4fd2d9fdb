#!/usr/bin/env bash
# test [FILTER] [--preset NAME]: build and run every suite, those of one preset, or the tests that match FILTER
set -euo pipefail
source tools/lib.sh

exec "$python" tools/suites.py "$@"
