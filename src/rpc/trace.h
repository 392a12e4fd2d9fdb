#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "base/deadline.h"

namespace parlance::detail {

/// The last things that happened to a channel, a subchannel or a server: changes of state, GOAWAYs, what made
/// it fail. Not for calls: each event costs an allocation.
class Trace {
 public:
  /// Older events are dropped and only counted.
  static constexpr std::size_t kMostEvents = 32;
  struct Event {
    std::string text;
    bool is_warning = false;
    TimePoint at{};
  };

  explicit Trace(TimePoint created_at) : created_at_(created_at) {}

  void add(std::string text, TimePoint at, bool is_warning = false) {
    ++logged_;
    if (events_.size() == kMostEvents) events_.pop_front();
    events_.push_back({std::move(text), is_warning, at});
  }

  TimePoint created_at() const { return created_at_; }
  /// With those that were dropped.
  std::int64_t logged() const { return logged_; }
  /// The oldest first.
  const std::deque<Event>& events() const { return events_; }

 private:
  TimePoint created_at_;
  std::int64_t logged_ = 0;
  std::deque<Event> events_;
};

}  // namespace parlance::detail
