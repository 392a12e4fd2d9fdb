#!/usr/bin/env bash
# demo [ARGUMENTS]: build, serve the models that ship, classify digits and files, tell a story
set -euo pipefail
source tools/lib.sh

build release parlance
exec "$python" examples/quickstart/demo.py "$@"
