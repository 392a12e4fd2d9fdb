#pragma once

#include <string>
#include <vector>

#include "load/load_run.h"

namespace parlance::app {

/// An SVG document: latency by percentile, the last nines drawn as wide as the first, a line for each step of
/// a short ramp; of a ramp also the percentiles by the rate that was wanted.
std::string bench_plots(const load::Plan& plan, const std::vector<load::StepResult>& results);

}  // namespace parlance::app
