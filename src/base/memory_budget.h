#pragma once

#include <atomic>
#include <cstddef>
#include <limits>

#include "base/assert.h"

namespace parlance {

/// Bytes that several threads may hold together, at most `limit_bytes`. They take and give in large steps
/// (see MemoryLease), so that the counter they share is rarely written.
class MemoryBudget {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  explicit MemoryBudget(std::size_t limit_bytes = kUnlimited) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// False, and nothing taken, when less than `spared_bytes` would be left of the limit.
  [[nodiscard]] bool try_take(std::size_t size_bytes, std::size_t spared_bytes = 0);
  /// For memory that is in use already, whatever the limit says.
  void take(std::size_t size_bytes);
  void give_back(std::size_t size_bytes);

  std::size_t limit_bytes() const { return limit_bytes_; }
  std::size_t taken_bytes() const { return taken_bytes_.load(std::memory_order_relaxed); }
  /// The most that was ever taken.
  std::size_t most_taken_bytes() const { return most_taken_bytes_.load(std::memory_order_relaxed); }

 private:
  void note_most(std::size_t taken_bytes);

  const std::size_t limit_bytes_;
  std::atomic<std::size_t> taken_bytes_ = 0;
  std::atomic<std::size_t> most_taken_bytes_ = 0;
};

/// One thread's part of a budget: counts what the thread's connections hold and keeps a little more than that
/// taken, so that most charges touch no memory that threads share. Not thread-safe. Gives all back at its
/// end.
class MemoryLease {
 public:
  /// What is taken and given back at once. Little enough that a few dozen threads waste no part of a small
  /// budget, large enough that a thousand small messages cost one atomic addition.
  static constexpr std::size_t kStepBytes = 64 * 1024;

  /// `budget` outlives the lease.
  explicit MemoryLease(MemoryBudget& budget) : budget_(budget) {}
  ~MemoryLease() { budget_.give_back(taken_bytes_); }
  MemoryLease(const MemoryLease&) = delete;
  MemoryLease& operator=(const MemoryLease&) = delete;

  /// Whether `size_bytes` more fit with `spared_bytes` of the budget left; they can be charged then without
  /// passing the limit.
  [[nodiscard]] bool reserve(std::size_t size_bytes, std::size_t spared_bytes = 0) {
    return size_bytes <= taken_bytes_ - used_bytes_ || take_more(size_bytes, spared_bytes);
  }
  /// What was held as `before_bytes` is now `after_bytes`. Memory that is in use is counted whatever the
  /// limit says: ask reserve() before taking any.
  void recharge(std::size_t before_bytes, std::size_t after_bytes) {
    require(before_bytes <= used_bytes_, "MemoryLease::recharge: more than was charged");
    used_bytes_ = used_bytes_ - before_bytes + after_bytes;
    // Two steps stay, so that what goes up and down by a step does not take and give each time.
    if (used_bytes_ > taken_bytes_ || taken_bytes_ - used_bytes_ > 2 * kStepBytes) [[unlikely]]
      settle();
  }

  std::size_t used_bytes() const { return used_bytes_; }
  const MemoryBudget& budget() const { return budget_; }

 private:
  bool take_more(std::size_t size_bytes, std::size_t spared_bytes);
  void settle();

  MemoryBudget& budget_;
  std::size_t used_bytes_ = 0;
  std::size_t taken_bytes_ = 0;  // of the budget; at least used_bytes_
};

/// How much of a budget is left to producers that can wait: 1 while less than a quarter of it is taken, then
/// falling evenly, and 0 from three quarters on. The last quarter is for what cannot wait.
double share_for_producers(std::size_t taken_bytes, std::size_t limit_bytes);
/// Whether so much is taken that no new work should begin: seven eighths.
bool is_short(std::size_t taken_bytes, std::size_t limit_bytes);

}  // namespace parlance
