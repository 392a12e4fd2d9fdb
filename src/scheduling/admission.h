#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/deadline.h"
#include "scheduling/batch_planner.h"
#include "scheduling/request_queue.h"
#include "scheduling/service_time_estimator.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling {

/// A run under way.
struct Running {
  std::uint64_t number = 0;
  std::size_t rows = 0;
  TimePoint began{};
};

/// Whether a request would be answered by its deadline, given who is before it.
struct Forecast {
  bool in_time = true;
  TimePoint finish{};  // when it would be answered
  Duration
      retry_in{};  // unless in_time: by then enough will have been run for the same request to be in time
};

/// What turns requests away that would only cost others their time. A pure function, as BatchPlanner is; the
/// idea is that of deadline-aware admission in Clockwork (OSDI 2020) and Shepherd (NSDI 2023).
class Admission {
 public:
  Admission(const BatchLimits& limits, const ServiceTimeEstimator& times) : limits_(limits), times_(times) {}

  /// Of `newcomer`, which is in `queue`. Those before it in the order of the queue fill runs of max_batch
  /// rows, of what such a run typically takes, on `instances` that end what they are `running`; its own run
  /// is estimated conservatively. In time, always: without a deadline, with order kArrival, without an
  /// instance, and when the estimates are stale.
  Forecast forecast(const Waiting& newcomer, const RequestQueue& queue, std::span<const Running> running,
                    unsigned instances, TimePoint now) const;

 private:
  struct Load {
    std::size_t requests = 0;
    std::size_t rows = 0;
  };
  Load before(const Waiting& newcomer, const RequestQueue& queue) const;
  TimePoint finish(const Waiting& newcomer, Load load, std::span<const Running> running, unsigned instances,
                   TimePoint now) const;
  Duration run_all(Load load) const;

  const BatchLimits& limits_;
  const ServiceTimeEstimator& times_;
};

}  // namespace parlance::scheduling
