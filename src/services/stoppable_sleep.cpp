#include "services/stoppable_sleep.h"

namespace parlance::services {

// Carries the word to a loop; outlives the sleep while it is under way.
struct StopSignal::Waker {
  net::LoopHandle loop;
  StoppableSleep* sleep;  // only on the loop; null once it is gone
};

void StopSignal::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  for (const auto& waker : sleepers_) {
    waker->loop.post([waker] {
      if (waker->sleep != nullptr) waker->sleep->on_stopped();
    });
  }
}

StoppableSleep::StoppableSleep(StopSignal& signal, ServerCall& call)
    : signal_(signal), call_(call), waker_(std::make_shared<StopSignal::Waker>(call.loop().handle(), this)) {
  call_.on_cancelled(*this);
  const std::lock_guard lock{signal_.mutex_};
  stopped_ = signal_.stopped_;
  signal_.sleepers_.push_back(waker_);
}

StoppableSleep::~StoppableSleep() {
  call_.loop().disarm(*this);
  waker_->sleep = nullptr;
  const std::lock_guard lock{signal_.mutex_};
  std::erase(signal_.sleepers_, waker_);
}

void StoppableSleep::wake() {
  call_.loop().disarm(*this);
  sleeper_.resume();
}

}  // namespace parlance::services
