#include "models/drain_signal.h"

namespace parlance::models {

void DrainSignal::give() {
  const std::lock_guard lock{mutex_};
  given_ = true;
  changed_.notify_one();
}

void DrainSignal::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  changed_.notify_one();
}

bool DrainSignal::wait() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return given_ || stopped_; });
  given_ = false;
  return !stopped_;
}

}  // namespace parlance::models
