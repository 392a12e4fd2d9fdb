#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "scheduling/admission.h"
#include "scheduling/batch_planner.h"
#include "scheduling/delay_controller.h"
#include "scheduling/request_queue.h"
#include "scheduling/service_time_estimator.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling {

struct BatchQueueOptions {
  BatchLimits limits;
  std::size_t max_size = 1024;         // requests that wait
  std::optional<Duration> target_p99;  // finds limits.max_delay, and how much of max_batch is used
  unsigned instances = 1;
};

/// Everything that is decided about the requests of one version: who is admitted, in which order they wait,
/// which are run together and when. Knows no clock, lock or thread: VersionQueue has those, and the
/// simulation runs it against events of its own.
class BatchQueue {
 public:
  explicit BatchQueue(BatchQueueOptions options);
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  enum class Verdict : std::uint8_t { kAdmitted, kExpired, kFull, kTooLate };
  struct Arrival {
    Verdict verdict = Verdict::kAdmitted;
    Duration needed{};             // of kTooLate: from now until it would be answered
    Duration retry_in{};           // of kFull and kTooLate
    Waiting* gives_way = nullptr;  // left the queue to make room for the newcomer
  };
  /// Puts `request` into the queue, unless the verdict is another; sets its number.
  Arrival arrive(Waiting& request, TimePoint now);
  /// Into the queue again, or from behind another of its sequence: it has been admitted.
  void push(Waiting& request) { queue_.push(request); }
  /// It does not wait any more.
  void leave(Waiting& request) { queue_.remove(request); }

  struct Look {
    bool ready = false;  // begin() has something to do
    TimePoint again = TimePoint::max();
  };
  Look look(TimePoint now) const;

  struct Start {
    BatchPlan plan;
    std::uint64_t run = 0;
  };
  /// Takes what the plan names out of the queue; when that is to be run, an instance is taken until ended()
  /// or abandoned().
  Start begin(TimePoint now);
  void ended(std::uint64_t run, Duration took, TimePoint now);
  /// It was not made after all, or does not tell how long such runs take.
  void abandoned(std::uint64_t run);
  /// A request was answered, `latency` after it came.
  void answered(Duration latency, TimePoint now);

  ServiceTimeEstimator& times() { return times_; }
  const RequestQueue& queue() const { return queue_; }
  const BatchLimits& limits() const { return limits_; }
  std::size_t running() const { return running_.size(); }
  unsigned instances() const { return instances_; }
  void set_instances(unsigned instances) { instances_ = instances; }

 private:
  bool may_begin() const { return running_.size() < instances_ && !queue_.empty(); }
  BatchPlan plan(TimePoint now) const;
  Arrival refuse_full() const;

  BatchLimits limits_;
  const std::size_t max_size_;
  RequestQueue queue_;
  ServiceTimeEstimator times_;
  BatchPlanner planner_{limits_, times_};
  Admission admission_{limits_, times_};
  std::optional<DelayController> controller_;
  std::vector<Running> running_;
  unsigned instances_;
  std::uint64_t next_request_ = 1;
  std::uint64_t next_run_ = 1;
};

}  // namespace parlance::scheduling
