#include "scheduling/part_queue.h"

#include <utility>

namespace parlance::scheduling {

/// False when there is none at `until`.
bool PartQueue::wait_for_room(std::unique_lock<std::mutex>& lock, Deadline until) {
  const auto has_room = [this] { return stopped_ || parts_.size() < kWindow; };
  if (!until.is_never()) return changed_.wait_until(lock, until.at(), has_room);
  changed_.wait(lock, has_room);
  return true;
}

bool PartQueue::take(models::RunOutputs part) {
  std::unique_lock lock{mutex_};
  const Deadline slow =
      slow_reader_ > Duration::zero() ? Deadline::after(Clock::now(), slow_reader_) : Deadline::never();
  const Deadline until = earliest(slow, deadline_);
  if (!wait_for_room(lock, until)) unread_ = until == slow ? Unread::kForTooLong : Unread::kUntilDeadline;
  stopped_ |= unread_ != Unread::kNo || deadline_.expired(Clock::now());
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

PartQueue::Unread PartQueue::unread() const {
  const std::lock_guard lock{mutex_};
  return unread_;
}

}  // namespace parlance::scheduling
