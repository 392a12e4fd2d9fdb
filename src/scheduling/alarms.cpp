#include "scheduling/alarms.h"

#include <utility>

namespace parlance::scheduling {

void Alarms::set(TimePoint at, std::weak_ptr<Sleeper> sleeper) {
  const std::lock_guard lock{mutex_};
  const bool is_first = sleepers_.empty() || at < sleepers_.begin()->first;
  sleepers_.emplace(at, std::move(sleeper));
  if (is_first) changed_.notify_one();
}

void Alarms::ring(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    if (sleepers_.empty()) {
      changed_.wait(lock, stop, [this] { return !sleepers_.empty(); });
      continue;
    }
    const TimePoint first = sleepers_.begin()->first;
    if (Clock::now() < first) {
      // Until then, or until somebody wants to be woken sooner.
      changed_.wait_until(lock, stop, first, [&] { return sleepers_.begin()->first < first; });
      continue;
    }
    const std::weak_ptr<Sleeper> due = std::move(sleepers_.begin()->second);
    sleepers_.erase(sleepers_.begin());
    lock.unlock();
    if (const std::shared_ptr<Sleeper> sleeper = due.lock()) sleeper->on_alarm();
    lock.lock();
  }
}

}  // namespace parlance::scheduling
