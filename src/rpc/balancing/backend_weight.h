#pragma once

#include <optional>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// What one backend's load reports say it can take, in calls a second at full utilization (gRPC A58).
class BackendWeight {
 public:
  /// rps / (utilization + eps / rps · penalty); application_utilization where it is told, else that of the
  /// CPU. A report without calls or without utilization says nothing.
  void update(const LoadReport& report, const WeightedRoundRobinConfig& config, TimePoint now);
  /// Its connection is new: the blackout period begins with its next report.
  void on_ready() { told_since_.reset(); }
  /// Zero when nothing is known: no report, not reported for the blackout period yet, or the last one
  /// expired.
  double get(const WeightedRoundRobinConfig& config, TimePoint now);

 private:
  double weight_ = 0;
  TimePoint last_told_;
  std::optional<TimePoint> told_since_;
};

}  // namespace parlance::balancing
