#pragma once

#include <cstddef>
#include <vector>

#include "base/deadline.h"

namespace parlance {

/// A moment somebody waits for. Intrusive: its owner keeps it alive and unmoved while it is armed; arming and
/// disarming allocate nothing once the heap has grown to its usual size.
class TimerNode {
 public:
  TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;

  bool armed() const { return index_ != kIdle; }
  TimePoint at() const { return at_; }

  virtual void on_timer() = 0;

 protected:
  virtual ~TimerNode() = default;

 private:
  friend class TimerHeap;
  static constexpr std::size_t kIdle = static_cast<std::size_t>(-1);
  std::size_t index_ = kIdle;
  TimePoint at_{};
};

/// Timers ordered by time: a 4-ary heap. O(log n) to arm and to disarm, O(1) to see the next. Knows no clock.
class TimerHeap {
 public:
  /// Arms `node`, or moves it if it is armed already.
  void arm(TimerNode& node, TimePoint at);
  void disarm(TimerNode& node);

  bool empty() const { return nodes_.empty(); }
  /// The next moment; only when not empty.
  TimePoint next() const { return nodes_.front()->at_; }
  /// Disarms and calls every timer that is due. Timers armed meanwhile for a due moment fire too.
  void fire(TimePoint now);

 private:
  void place(TimerNode* node, std::size_t index);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<TimerNode*> nodes_;
};

}  // namespace parlance
