#!/usr/bin/env bash
# simulate [SEEDS] [SCENARIO]: run the simulation from many seeds (10,000), all scenarios or one
set -euo pipefail
source tools/lib.sh

seeds=${1:-10000} scenario=${2:-*}
build dev parlance_simulation_test
build/dev/parlance_simulation_test --seeds "$seeds" --gtest_filter="Simulation.$scenario"
