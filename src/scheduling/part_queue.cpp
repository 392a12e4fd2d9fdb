#include "scheduling/part_queue.h"

#include <algorithm>
#include <utility>

namespace parlance::scheduling {

bool PartQueue::take(models::RunOutputs part) {
  std::unique_lock lock{mutex_};
  const TimePoint slow = Clock::now() + kSlowReader;
  const TimePoint until = deadline_.is_never() ? slow : std::min(slow, deadline_.at());
  const bool has_room =
      changed_.wait_until(lock, until, [this] { return stopped_ || parts_.size() < kWindow; });
  was_slow_ |= !has_room && until == slow;
  stopped_ |= !has_room || deadline_.expired(Clock::now());
  if (stopped_) return false;
  parts_.push_back(std::move(part.tensors));
  if (!std::exchange(posted_, true))
    loop_.post([self = shared_from_this()] {
      {
        const std::lock_guard posted{self->mutex_};
        self->posted_ = false;
        if (self->parts_.empty()) return;
      }
      self->wake();
    });
  return true;
}

bool PartQueue::has_next() const {
  const std::lock_guard lock{mutex_};
  return !parts_.empty();
}

std::optional<models::Tensors> PartQueue::next() {
  const std::lock_guard lock{mutex_};
  if (parts_.empty()) return std::nullopt;
  models::Tensors part = std::move(parts_.front());
  parts_.pop_front();
  changed_.notify_all();
  return part;
}

void PartQueue::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  parts_.clear();
  changed_.notify_all();
}

bool PartQueue::was_slow() const {
  const std::lock_guard lock{mutex_};
  return was_slow_;
}

}  // namespace parlance::scheduling
