#include "scheduling/batch_planner.h"

#include <algorithm>

namespace parlance::scheduling {

/// One walk through the queue.
class BatchPlanner::Attempt {
 public:
  /// Leaves out who is due before `due_at_least`.
  Attempt(const BatchPlanner& planner, TimePoint now, TimePoint due_at_least)
      : limits_(planner.limits_),
        times_(planner.times_),
        now_(now),
        due_at_least_(due_at_least),
        uses_deadlines_(limits_.order == models::QueueOrder::kDeadline),
        uses_times_(uses_deadlines_ && !times_.stale(now)) {}

  /// False when the ones behind make no difference.
  bool offer(Waiting& request);
  BatchPlan result();
  /// When a straggler keeps a run small, and a full one of others could be made: from when on those others
  /// are due. Nothing otherwise.
  std::optional<TimePoint> early_drop() const;

 private:
  bool leave_out(Waiting& request);
  void begin(Waiting& request, bool alone);
  bool grow(Forming& batch, Waiting& request);
  bool too_long(const Forming& batch, const Waiting& request) const;
  std::optional<BatchReason> ready(Forming& batch) const;
  bool cut_to_preferred(Forming& batch) const;
  TimePoint latest_start(const Forming& batch) const;

  const BatchLimits& limits_;
  const ServiceTimeEstimator& times_;
  const TimePoint now_;
  const TimePoint due_at_least_;
  const bool uses_deadlines_;
  const bool uses_times_;
  std::vector<Forming> batches_;
  std::size_t unhurried_rows_ = 0;  // of those with time for a full run, of the first batch's shape
  BatchPlan plan_;
};

bool BatchPlanner::Attempt::leave_out(Waiting& request) {
  if (!uses_deadlines_) return false;
  if (request.deadline.expired(now_)) {
    plan_.expired.push_back(&request);
    return true;
  }
  const bool late = uses_times_ && (now_ + times_.typical(request.rows) > request.deadline.at() ||
                                    request.deadline.at() < due_at_least_);
  if (late) plan_.too_late.push_back(&request);
  return late;
}

void BatchPlanner::Attempt::begin(Waiting& request, bool alone) {
  Forming& batch = batches_.emplace_back();
  batch.shape = request.shape;
  batch.alone = alone;
  batch.requests.push_back(&request);
  batch.rows = request.rows;
  batch.arrived = request.arrived;
  if (uses_deadlines_) batch.deadline = request.deadline;
  batch.full = batch.rows >= limits_.max_batch;
}

bool BatchPlanner::Attempt::too_long(const Forming& batch, const Waiting& request) const {
  if (!uses_times_) return false;
  const Deadline deadline = earliest(batch.deadline, request.deadline);
  return !deadline.is_never() && now_ + times_.typical(batch.rows + request.rows) > deadline.at();
}

/// Whether it is part of the batch now.
bool BatchPlanner::Attempt::grow(Forming& batch, Waiting& request) {
  if (batch.full || batch.tight) return false;
  batch.full = batch.rows + request.rows > limits_.max_batch;
  batch.tight = !batch.full && too_long(batch, request);
  if (batch.full || batch.tight) return false;
  batch.requests.push_back(&request);
  batch.rows += request.rows;
  batch.arrived = std::min(batch.arrived, request.arrived);
  if (uses_deadlines_) batch.deadline = earliest(batch.deadline, request.deadline);
  batch.full = batch.rows >= limits_.max_batch;
  return true;
}

bool BatchPlanner::Attempt::offer(Waiting& request) {
  if (leave_out(request)) return true;
  const bool alone = !request.may_batch || request.is_sequence || limits_.max_batch <= 1;
  if (alone) {
    begin(request, true);
  } else {
    const auto batch = std::ranges::find_if(
        batches_, [&](const Forming& each) { return !each.alone && each.shape == request.shape; });
    if (batch == batches_.end())
      begin(request, false);
    else
      grow(*batch, request);
  }
  Forming& first = batches_.front();
  if (limits_.in_order && batches_.size() > 1) {
    batches_.pop_back();
    first.full = true;
  }
  if (first.alone || first.full) return false;
  if (!first.tight) return true;
  const bool unhurried = request.shape == first.shape && !alone &&
                         request.deadline.at() >= now_ + times_.typical(limits_.max_batch);
  if (unhurried) unhurried_rows_ += request.rows;
  return unhurried_rows_ < limits_.max_batch;
}

std::optional<TimePoint> BatchPlanner::Attempt::early_drop() const {
  if (batches_.empty() || !batches_.front().tight || unhurried_rows_ < limits_.max_batch) return std::nullopt;
  return now_ + times_.typical(limits_.max_batch);
}

bool BatchPlanner::Attempt::cut_to_preferred(Forming& batch) const {
  std::size_t rows = 0;
  std::size_t best_count = 0;
  std::size_t best_rows = 0;
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    rows += batch.requests[i]->rows;
    if (!std::ranges::binary_search(limits_.preferred, rows)) continue;
    best_count = i + 1;
    best_rows = rows;
  }
  if (best_count == 0) return false;
  batch.requests.resize(best_count);
  batch.rows = best_rows;
  return true;
}

/// When it must begin for its earliest deadline to be kept.
TimePoint BatchPlanner::Attempt::latest_start(const Forming& batch) const {
  if (batch.deadline.is_never()) return TimePoint::max();
  return batch.deadline.at() - times_.conservative(batch.rows);
}

std::optional<BatchReason> BatchPlanner::Attempt::ready(Forming& batch) const {
  if (batch.alone) return batch.requests[0]->is_sequence ? BatchReason::kSequence : BatchReason::kAlone;
  if (batch.full) return BatchReason::kSize;
  if (batch.tight) return BatchReason::kDeadline;
  if (cut_to_preferred(batch)) return BatchReason::kPreferred;
  const auto urgent = [this](const Waiting* each) { return each->priority < limits_.usual_priority; };
  if (uses_deadlines_ && std::ranges::any_of(batch.requests, urgent)) return BatchReason::kPriority;
  if (batch.arrived + limits_.max_delay <= now_) return BatchReason::kDelay;
  if (latest_start(batch) <= now_) return BatchReason::kDeadline;
  return std::nullopt;
}

BatchPlan BatchPlanner::Attempt::result() {
  for (Forming& batch : batches_) {
    if (const std::optional<BatchReason> reason = ready(batch)) {
      plan_.run = std::move(batch.requests);
      plan_.rows = batch.rows;
      plan_.reason = *reason;
      return std::move(plan_);
    }
    plan_.look_again = std::min({plan_.look_again, batch.arrived + limits_.max_delay, latest_start(batch)});
  }
  return std::move(plan_);
}

BatchPlan BatchPlanner::plan(const RequestQueue& queue, TimePoint now) const {
  const auto attempt = [&](TimePoint due_at_least) {
    Attempt made{*this, now, due_at_least};
    RequestQueue::Walk walk = queue.walk();
    for (Waiting* request = walk.next(); request != nullptr && made.offer(*request); request = walk.next()) {
    }
    return made;
  };
  Attempt first = attempt(TimePoint::min());
  if (const std::optional<TimePoint> due = first.early_drop()) return attempt(*due).result();
  return first.result();
}

}  // namespace parlance::scheduling
