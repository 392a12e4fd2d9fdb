#include "models/backends/synthetic/timer_thread.h"

#include <algorithm>

namespace parlance::models::synthetic {

TimerThread::~TimerThread() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void TimerThread::at(TimePoint when, std::move_only_function<void()> call) {
  const std::lock_guard lock{mutex_};
  heap_.push_back({when, number_++, std::move(call)});
  std::ranges::push_heap(heap_, later);
  if (heap_.front().number == number_ - 1) changed_.notify_all();  // it is the next one
}

void TimerThread::work() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (heap_.empty()) {
      changed_.wait(lock);
    } else if (const TimePoint when = heap_.front().when; Clock::now() < when) {
      changed_.wait_until(lock, when);
    } else {
      std::ranges::pop_heap(heap_, later);
      std::move_only_function<void()> call = std::move(heap_.back().call);
      heap_.pop_back();
      lock.unlock();
      call();
      call = nullptr;
      lock.lock();
    }
  }
}

}  // namespace parlance::models::synthetic
