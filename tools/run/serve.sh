#!/usr/bin/env bash
# serve [ARGUMENTS]: build, then serve the models that ship (models/repository)
set -euo pipefail
source tools/lib.sh

build release parlance
exec build/release/parlance serve models/repository "$@"
