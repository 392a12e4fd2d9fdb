#include "base/memory_budget.h"

#include <algorithm>

#include "base/assert.h"

namespace parlance {
namespace {

constexpr std::size_t round_up(std::size_t size_bytes) {
  return (size_bytes + MemoryLease::kStepBytes - 1) / MemoryLease::kStepBytes * MemoryLease::kStepBytes;
}

}  // namespace

bool MemoryBudget::try_take(std::size_t size_bytes, std::size_t spared_bytes) {
  const std::size_t most_bytes = limit_bytes_ - std::min(spared_bytes, limit_bytes_);
  std::size_t taken = taken_bytes();
  do {
    if (taken > most_bytes || size_bytes > most_bytes - taken) return false;
  } while (!taken_bytes_.compare_exchange_weak(taken, taken + size_bytes, std::memory_order_relaxed));
  note_most(taken + size_bytes);
  return true;
}

void MemoryBudget::take(std::size_t size_bytes) {
  note_most(taken_bytes_.fetch_add(size_bytes, std::memory_order_relaxed) + size_bytes);
}

void MemoryBudget::give_back(std::size_t size_bytes) {
  const std::size_t before = taken_bytes_.fetch_sub(size_bytes, std::memory_order_relaxed);
  require(before >= size_bytes, "MemoryBudget::give_back: more than was taken");
}

void MemoryBudget::note_most(std::size_t taken_bytes) {
  std::size_t most = most_taken_bytes();
  while (taken_bytes > most &&
         !most_taken_bytes_.compare_exchange_weak(most, taken_bytes, std::memory_order_relaxed)) {
  }
}

bool MemoryLease::take_more(std::size_t size_bytes, std::size_t spared_bytes) {
  const std::size_t missing = size_bytes - (taken_bytes_ - used_bytes_);
  std::size_t step = round_up(missing);
  if (!budget_.try_take(step, spared_bytes)) {
    step = missing;  // the last bytes of a budget go in smaller steps
    if (!budget_.try_take(step, spared_bytes)) return false;
  }
  taken_bytes_ += step;
  return true;
}

// Takes what is used already, whatever the limit says, or gives most of the spare back.
void MemoryLease::settle() {
  if (used_bytes_ > taken_bytes_) {
    const std::size_t missing = used_bytes_ - taken_bytes_;
    std::size_t step = round_up(missing);
    if (!budget_.try_take(step)) budget_.take(step = missing);
    taken_bytes_ += step;
  } else {
    const std::size_t given = taken_bytes_ - used_bytes_ - kStepBytes;
    budget_.give_back(given);
    taken_bytes_ -= given;
  }
}

double share_for_producers(std::size_t taken_bytes, std::size_t limit_bytes) {
  if (limit_bytes == MemoryBudget::kUnlimited) return 1;
  const double taken =
      static_cast<double>(taken_bytes) / static_cast<double>(std::max<std::size_t>(limit_bytes, 1));
  return std::clamp((0.75 - taken) / 0.5, 0.0, 1.0);
}

bool is_short(std::size_t taken_bytes, std::size_t limit_bytes) {
  return limit_bytes != MemoryBudget::kUnlimited && taken_bytes >= limit_bytes - limit_bytes / 8;
}

}  // namespace parlance
