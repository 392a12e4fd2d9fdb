#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "scheduling/batch_queue.h"
#include "scheduling/testing/waiting.h"

namespace parlance::scheduling::testing {

/// What a run takes in the simulation: base and a part for each row, up to `jitter` more or less of it.
struct RunModel {
  Duration base = 8ms;
  Duration per_row{};
  double jitter = 0;
};

/// One source of requests, at random times (a Poisson process).
struct Source {
  std::string client = "a";
  double per_second = 0;
  Duration timeout = Duration::max();  // none
  std::uint32_t priority = kLowestPriority;
  std::size_t most_rows = 1;
  std::uint64_t shapes = 1;
};

/// What came of the requests of one source.
struct Tally {
  std::size_t came = 0;
  std::size_t in_time = 0;
  std::size_t late = 0;      // run, but answered after the deadline
  std::size_t refused = 0;   // at once
  std::size_t left_out = 0;  // waited, and was not run
  std::vector<Duration> latencies;

  Duration percentile(int percent) {
    if (latencies.empty()) return {};
    std::ranges::sort(latencies);
    return latencies[(latencies.size() - 1) * static_cast<std::size_t>(percent) / 100];
  }
};

/// A BatchQueue among events of its own: nothing waits, nothing is random but by the seed.
class Simulation {
 public:
  Simulation(BatchQueueOptions options, RunModel model, std::uint64_t seed)
      : order_(options.limits.order), batches_(std::move(options)), model_(model), random_(seed) {}

  void run(const std::vector<Source>& sources, Duration length) {
    sources_ = sources;
    tallies_.resize(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) schedule_arrival(i, TimePoint{kStart}, kStart + length);
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      event.what();
      pump();
    }
  }

  Tally& tally(std::size_t source) { return tallies_[source]; }
  Duration max_delay() const { return batches_.limits().max_delay; }
  std::size_t runs() const { return runs_; }
  std::size_t most_waiting() const { return most_waiting_; }
  std::size_t largest_batch() const { return largest_batch_; }
  /// Requests whose deadline had passed when their run began.
  std::size_t dead_work() const { return dead_work_; }
  /// Nobody is left in the queue.
  bool drained() const { return batches_.queue().empty() && batches_.running() == 0; }

 private:
  struct Request : Waiting {
    std::size_t source = 0;
    bool waits = false;
  };
  struct Event {
    TimePoint at;
    std::uint64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  void schedule(TimePoint when, std::function<void()> what) {
    events_.push({when, next_event_++, std::move(what)});
  }
  void schedule_arrival(std::size_t source, TimePoint after, TimePoint end) {
    std::exponential_distribution<double> gap{sources_[source].per_second};
    const TimePoint when = after + std::chrono::nanoseconds{static_cast<std::int64_t>(gap(random_) * 1e9)};
    if (when >= end) return;
    schedule(when, [=, this] {
      arrive(source);
      schedule_arrival(source, when, end);
    });
  }

  void arrive(std::size_t index) {
    const Source& source = sources_[index];
    Request& request = requests_.emplace_back();
    request.source = index;
    request.client = source.client;
    request.priority = source.priority;
    request.arrived = now_;
    request.rows = 1 + random_() % source.most_rows;
    request.shape = random_() % source.shapes;
    if (source.timeout != Duration::max()) request.deadline = Deadline{now_ + source.timeout};
    Tally& tally = tallies_[index];
    ++tally.came;
    const BatchQueue::Arrival arrival = batches_.arrive(request, now_);
    if (arrival.gives_way != nullptr) left_out(*arrival.gives_way);
    if (arrival.verdict != BatchQueue::Verdict::kAdmitted) {
      ++tally.refused;
      return;
    }
    request.waits = true;
    most_waiting_ = std::max(most_waiting_, batches_.queue().size());
    if (order_ == models::QueueOrder::kDeadline && !request.deadline.is_never())
      schedule(request.deadline.at(), [this, &request] {
        if (!request.waits) return;
        batches_.leave(request);
        left_out(request);
      });
  }

  void left_out(Waiting& waiting) {
    auto& request = static_cast<Request&>(waiting);
    request.waits = false;
    ++tallies_[request.source].left_out;
  }

  void pump() {
    for (;;) {
      const BatchQueue::Look look = batches_.look(now_);
      if (!look.ready) {
        if (look.again != TimePoint::max()) schedule(std::max(look.again, now_), [] {});
        return;
      }
      begin();
    }
  }

  void begin() {
    const BatchQueue::Start start = batches_.begin(now_);
    for (Waiting* each : start.plan.expired) left_out(*each);
    for (Waiting* each : start.plan.too_late) left_out(*each);
    if (start.plan.run.empty()) return;
    ++runs_;
    largest_batch_ = std::max(largest_batch_, start.plan.rows);
    for (Waiting* each : start.plan.run) {
      static_cast<Request*>(each)->waits = false;
      if (each->deadline.expired(now_)) ++dead_work_;
    }
    std::uniform_real_distribution<double> jitter{1 - model_.jitter, 1 + model_.jitter};
    const Duration planned = model_.base + model_.per_row * static_cast<Duration::rep>(start.plan.rows);
    const Duration took{static_cast<Duration::rep>(static_cast<double>(planned.count()) * jitter(random_))};
    schedule(now_ + took, [this, start, took] { end(start, took); });
  }

  void end(const BatchQueue::Start& start, Duration took) {
    batches_.ended(start.run, took, now_);
    for (Waiting* each : start.plan.run) {
      Tally& tally = tallies_[static_cast<Request*>(each)->source];
      ++(each->deadline.expired(now_) ? tally.late : tally.in_time);
      tally.latencies.push_back(now_ - each->arrived);
      batches_.answered(now_ - each->arrived, now_);
    }
  }

  const models::QueueOrder order_;
  BatchQueue batches_;
  const RunModel model_;
  std::mt19937_64 random_;
  std::vector<Source> sources_;
  std::vector<Tally> tallies_;
  std::deque<Request> requests_;
  std::priority_queue<Event> events_;
  std::uint64_t next_event_ = 0;
  TimePoint now_ = kStart;
  std::size_t runs_ = 0;
  std::size_t most_waiting_ = 0;
  std::size_t largest_batch_ = 0;
  std::size_t dead_work_ = 0;
};

}  // namespace parlance::scheduling::testing
