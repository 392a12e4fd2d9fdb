#pragma once

#include <string>
#include <vector>

#include "load/load_run.h"

namespace parlance::app {

/// The results of a load for people: what was called, then rates, latencies, statuses and what the client
/// took; of a ramp a table with a row for each step. Where the client was busy all the time it says so.
std::string bench_report(const load::Plan& plan, const std::vector<load::StepResult>& results);

/// The same and more for programs: one JSON object, `steps` with an entry for each. Times are in µs, sizes in
/// bytes, rates a second. docs/cli.md has the keys.
std::string bench_json(const load::Plan& plan, const std::vector<load::StepResult>& results);

/// All steps in one.
load::Tally sum_of(const std::vector<load::StepResult>& results);

}  // namespace parlance::app
