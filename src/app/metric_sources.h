#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "app/metrics.h"

namespace parlance::app {

// The parts of /metrics, each the families of one subject.

std::vector<prometheus::MetricFamily> call_metrics(const Server& server);
std::vector<prometheus::MetricFamily> model_metrics(const MetricSources& sources);
std::vector<prometheus::MetricFamily> generation_metrics(const scheduling::Scheduler& scheduler);
/// Memory, CPU, files and start of the process, by the names that every Prometheus client library gives them.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace parlance::app
