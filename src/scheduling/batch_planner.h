#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "models/model_config.h"
#include "scheduling/batch_record.h"
#include "scheduling/request_queue.h"
#include "scheduling/service_time_estimator.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling {

/// What a plan keeps to. Sizes count rows.
struct BatchLimits {
  std::size_t max_batch = 1;  // 1: every request runs alone, whatever its rows
  Duration max_delay{};
  std::vector<std::size_t> preferred;  // ascending
  models::QueueOrder order = models::QueueOrder::kDeadline;
  std::uint32_t usual_priority = kLowestPriority;  // of requests that name none
  bool in_order = false;                           // nobody is run before one who came earlier
};

/// What is to be done with a queue now.
struct BatchPlan {
  std::vector<Waiting*> run;  // together, in this order; empty: nothing yet
  std::size_t rows = 0;
  BatchReason reason = BatchReason::kAlone;
  /// When `run` is empty: nothing will have changed before then, unless somebody comes or leaves.
  TimePoint look_again = TimePoint::max();
  std::vector<Waiting*> expired;   // their deadline has passed
  std::vector<Waiting*> too_late;  // the time they have left is less than a run takes
};

/// Which requests are run now, and why those. A pure function of the queue, the time and the limits.
///
/// A batch is the first request of the queue and those behind it of the same shape, as many as max_batch
/// allows; a request of another shape begins a batch of its own, and the first batch that is ready is run. It
/// is ready when it is full, has reached a preferred size, when its first request has waited for max_delay,
/// or when waiting on would cost its earliest deadline: what a run takes, conservatively estimated, is kept
/// for the run. With order kDeadline, requests that cannot be answered in time any more are left out, so that
/// the time goes to those that can (Gujarati et al., "Clockwork", OSDI 2020), and a batch grows only as long
/// as all in it are in time. When more wait than one run takes, that cap is not left to a straggler: it is
/// dropped rather than make every run small (early drop: Shen et al., "Nexus", SOSP 2019).
///
/// With order kArrival, nothing is left out.
class BatchPlanner {
 public:
  BatchPlanner(const BatchLimits& limits, const ServiceTimeEstimator& times)
      : limits_(limits), times_(times) {}

  BatchPlan plan(const RequestQueue& queue, TimePoint now) const;

 private:
  /// A batch on its way.
  struct Forming {
    std::uint64_t shape = 0;
    bool alone = false;
    std::vector<Waiting*> requests;
    std::size_t rows = 0;
    Deadline deadline;                     // the earliest
    TimePoint arrived = TimePoint::max();  // the earliest
    bool full = false;                     // the next one does not fit
    bool tight = false;                    // the next one would make it too late for one in it
  };
  class Attempt;

  const BatchLimits& limits_;
  const ServiceTimeEstimator& times_;
};

}  // namespace parlance::scheduling
