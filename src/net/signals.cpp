#include "net/signals.h"

#include <semaphore.h>

#include <atomic>
#include <cerrno>

#include "base/assert.h"

namespace parlance::net {
namespace {

std::atomic<bool> in_use = false;
// All that a signal handler may touch.
std::atomic<int> received = 0;
sem_t arrived;

void on_signal(int signal) {
  int none = 0;
  received.compare_exchange_strong(none, signal);
  sem_post(&arrived);
}

}  // namespace

SignalWait::SignalWait(std::initializer_list<int> signals) {
  require(!in_use.exchange(true), "SignalWait: one at a time");
  require(signals.size() <= kMostSignals, "SignalWait: too many signals");
  received = 0;
  sem_init(&arrived, 0, 0);
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int signal : signals) {
    signals_[count_] = signal;
    sigaction(signal, &action, &before_[count_++]);
  }
}

SignalWait::~SignalWait() {
  restore();
  sem_destroy(&arrived);
  in_use = false;
}

int SignalWait::wait() {
  while (sem_wait(&arrived) != 0 && errno == EINTR) {
  }
  restore();
  return received;
}

std::optional<int> SignalWait::wait_until(TimePoint at) {
  const auto since_boot = at.time_since_epoch();  // of the clock that Clock is
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  const timespec until{.tv_sec = seconds.count(), .tv_nsec = (since_boot - seconds).count()};
  while (sem_clockwait(&arrived, CLOCK_MONOTONIC, &until) != 0) {
    if (errno != EINTR) return std::nullopt;
  }
  restore();
  return received;
}

void SignalWait::restore() {
  while (count_ > 0) {
    --count_;
    sigaction(signals_[count_], &before_[count_], nullptr);
  }
}

}  // namespace parlance::net
