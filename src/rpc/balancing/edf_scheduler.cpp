#include "rpc/balancing/edf_scheduler.h"

#include <algorithm>

namespace parlance::balancing {
namespace {

/// In [0, 1).
double random_fraction(PolicyHost& host) {
  constexpr int kSpareBits = 64 - 53;
  return static_cast<double>(host.random() >> kSpareBits) * 0x1p-53;
}

}  // namespace

EdfScheduler::EdfScheduler(std::span<const double> weights, PolicyHost& host) {
  jobs_.reserve(weights.size());
  for (const double weight : weights) {
    const double period = 1 / weight;
    jobs_.push_back({period * random_fraction(host), period, jobs_.size()});
  }
  std::ranges::make_heap(jobs_, later);
}

std::size_t EdfScheduler::next() {
  std::ranges::pop_heap(jobs_, later);
  Job& job = jobs_.back();
  const std::size_t index = job.index;
  job.deadline += job.period;
  std::ranges::push_heap(jobs_, later);
  return index;
}

}  // namespace parlance::balancing
