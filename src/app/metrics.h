#pragma once

#include <string>

#include "models/repository.h"
#include "rpc/server.h"
#include "scheduling/scheduler.h"

namespace parlance::app {

/// What the metrics are read from; all of it outlives them.
struct MetricSources {
  const Server& server;
  const models::Repository& models;
  const scheduling::Scheduler& scheduler;
};

/// Everything `/metrics` says, in Prometheus' text format 0.0.4. docs/metrics.md has every name. Reads what
/// others count; nothing of it holds them up. From any thread.
std::string metrics_text(const MetricSources& sources);

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace parlance::app
