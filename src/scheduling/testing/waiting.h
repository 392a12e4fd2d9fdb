#pragma once

#include <chrono>
#include <deque>
#include <vector>

#include "scheduling/request_queue.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling::testing {

using namespace std::chrono_literals;

/// A moment long after the clock's beginning.
inline constexpr TimePoint kStart{std::chrono::hours{1}};
constexpr TimePoint at(Duration after) { return kStart + after; }

/// Requests, numbered from 1 as they are made.
class Requests {
 public:
  struct With {
    std::string_view client = "a";
    std::uint32_t priority = kLowestPriority;
    std::size_t rows = 1;
    Duration arrived{};
    Duration deadline = Duration::max();  // from kStart
    std::uint64_t shape = 0;
    bool may_batch = true;
  };
  Waiting& make(const With& with) {
    Waiting& made = made_.emplace_back();
    made.number = made_.size();
    made.client = with.client;
    made.priority = with.priority;
    made.rows = with.rows;
    made.arrived = at(with.arrived);
    if (with.deadline != Duration::max()) made.deadline = Deadline{at(with.deadline)};
    made.shape = with.shape;
    made.may_batch = with.may_batch;
    return made;
  }

 private:
  std::deque<Waiting> made_;
};

inline std::vector<std::uint64_t> numbers(const std::vector<Waiting*>& requests) {
  std::vector<std::uint64_t> numbers;
  for (const Waiting* each : requests) numbers.push_back(each->number);
  return numbers;
}

inline std::vector<std::uint64_t> order_of(const RequestQueue& queue) {
  std::vector<Waiting*> all;
  RequestQueue::Walk walk = queue.walk();
  while (Waiting* next = walk.next()) all.push_back(next);
  return numbers(all);
}

}  // namespace parlance::scheduling::testing
