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

bool MemoryLease::reserve(std::size_t size_bytes, std::size_t spared_bytes) {
  const std::size_t spare = taken_bytes_ - used_bytes_;
  if (size_bytes <= spare) return true;
  const std::size_t missing = size_bytes - spare;
  std::size_t step = round_up(missing);
  if (!budget_.try_take(step, spared_bytes)) {
    step = missing;  // the last bytes of a budget go in smaller steps
    if (!budget_.try_take(step, spared_bytes)) return false;
  }
  taken_bytes_ += step;
  return true;
}

void MemoryLease::recharge(std::size_t before_bytes, std::size_t after_bytes) {
  require(before_bytes <= used_bytes_, "MemoryLease::recharge: more than was charged");
  if (after_bytes > before_bytes && !reserve(after_bytes - before_bytes)) {
    const std::size_t missing = after_bytes - before_bytes - (taken_bytes_ - used_bytes_);
    budget_.take(missing);
    taken_bytes_ += missing;
  }
  used_bytes_ = used_bytes_ - before_bytes + after_bytes;
  // Two steps stay, so that what goes up and down by a step does not take and give each time.
  if (const std::size_t spare = taken_bytes_ - used_bytes_; spare > 2 * kStepBytes) {
    const std::size_t given = spare - kStepBytes;
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
