#include "scheduling/batch_queue.h"

#include <algorithm>
#include <utility>

namespace parlance::scheduling {

BatchQueue::BatchQueue(BatchQueueOptions options)
    : limits_(std::move(options.limits)),
      max_size_(options.max_size),
      queue_(limits_.in_order ? models::QueueOrder::kArrival : limits_.order, limits_.max_batch),
      instances_(options.instances) {
  if (!options.target_p99) return;
  controller_.emplace(*options.target_p99, limits_.max_batch);
  limits_.max_delay = controller_->max_delay();
}

BatchQueue::Arrival BatchQueue::refuse_full() const {
  const Duration run = times_.typical(limits_.max_batch) / std::max(instances_, 1U);
  return {.verdict = Verdict::kFull, .retry_in = std::max<Duration>(run, std::chrono::milliseconds{1})};
}

BatchQueue::Arrival BatchQueue::arrive(Waiting& request, TimePoint now) {
  const bool in_order_of_arrival = limits_.order == models::QueueOrder::kArrival;
  if (!in_order_of_arrival && request.deadline.expired(now)) return {.verdict = Verdict::kExpired};
  const bool full = queue_.size() >= max_size_;
  if (full && (in_order_of_arrival || max_size_ == 0)) return refuse_full();
  request.number = next_request_++;
  queue_.push(request);
  const Forecast forecast = admission_.forecast(request, queue_, running_, instances_, now);
  if (!forecast.in_time) {
    queue_.remove(request);
    return {.verdict = Verdict::kTooLate, .needed = forecast.finish - now, .retry_in = forecast.retry_in};
  }
  if (!full) return {};
  Waiting& last = queue_.last();
  queue_.remove(last);
  if (&last == &request) return refuse_full();
  Arrival arrival = refuse_full();
  arrival.verdict = Verdict::kAdmitted;
  arrival.gives_way = &last;
  return arrival;
}

BatchPlan BatchQueue::plan(TimePoint now) const { return planner_.plan(queue_, now); }

BatchQueue::Look BatchQueue::look(TimePoint now) const {
  if (!may_begin()) return {};
  if (limits_.max_batch <= 1) return {.ready = true};
  const BatchPlan plan = this->plan(now);
  return {.ready = !plan.run.empty() || !plan.expired.empty() || !plan.too_late.empty(),
          .again = plan.look_again};
}

BatchQueue::Start BatchQueue::begin(TimePoint now) {
  Start start;
  if (!may_begin()) return start;
  start.plan = plan(now);
  for (Waiting* request : start.plan.expired) queue_.remove(*request);
  for (Waiting* request : start.plan.too_late) queue_.remove(*request);
  for (Waiting* request : start.plan.run) queue_.serve(*request);
  if (start.plan.run.empty()) return start;
  start.run = next_run_++;
  running_.push_back({start.run, start.plan.rows, now});
  return start;
}

void BatchQueue::abandoned(std::uint64_t run) {
  std::erase_if(running_, [run](const Running& each) { return each.number == run; });
}

void BatchQueue::ended(std::uint64_t run, Duration took, TimePoint now) {
  const auto found = std::ranges::find(running_, run, &Running::number);
  if (found == running_.end()) return;
  times_.measured(found->rows, took, now);
  running_.erase(found);
}

void BatchQueue::answered(Duration latency, TimePoint now) {
  if (!controller_) return;
  controller_->measured(latency, now, times_);
  limits_.max_delay = controller_->max_delay();
  limits_.max_batch = controller_->max_batch();
}

}  // namespace parlance::scheduling
