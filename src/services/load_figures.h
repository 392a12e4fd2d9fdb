#pragma once

#include <mutex>
#include <string_view>

#include "rpc/balancing/policy.h"

namespace parlance::services {

/// What a server says of its load, as balancing reads it (gRPC A51). Utilizations are shares: 0 is idle, 1 is
/// all there is; those of the CPU and of the application may exceed 1. Balancing by weight needs
/// `requests_per_second` and one of `application_utilization` (preferred) and `cpu_utilization`.
using balancing::LoadReport;

/// The load of a server as a whole, kept up by whoever measures it and told by the reports of this folder.
/// From any thread. Numbers that are negative where none can be, or not finite, are not told.
class LoadFigures {
 public:
  void set_cpu_utilization(double share);
  void set_memory_utilization(double share);
  void set_application_utilization(double share);
  /// Calls a second, and those among them that fail.
  void set_requests_per_second(double rate);
  void set_errors_per_second(double rate);
  /// The share of another resource ("gpu").
  void set_utilization(std::string_view resource, double share);
  void remove_utilization(std::string_view resource);
  /// A figure that only the application understands ("kv_cache_utilization").
  void set_named_metric(std::string_view name, double value);
  void remove_named_metric(std::string_view name);
  /// All of them at once.
  void set(LoadReport report);

  LoadReport report() const;

 private:
  mutable std::mutex mutex_;
  LoadReport report_;
};

}  // namespace parlance::services
