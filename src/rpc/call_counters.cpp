#include "rpc/call_counters.h"

#include <algorithm>

namespace parlance::detail {

CallCounters::OfMethod::~OfMethod() {
  for (const auto& counters : ended) delete counters.load(std::memory_order_relaxed);
}

// In the order of the bounds: most calls are small.
void CallCounters::Bytes::add(std::uint64_t size_bytes) {
  const auto* bound =
      std::ranges::find_if(kCallBytesBounds, [size_bytes](std::uint64_t most) { return size_bytes <= most; });
  counts[static_cast<std::size_t>(bound - kCallBytesBounds.begin())].add(1);
  bytes.add(size_bytes);
}

void CallCounters::Bytes::add_to(BytesHistogram& sums) const {
  for (std::size_t i = 0; i < counts.size(); ++i) sums.counts[i] += counts[i].value();
  sums.bytes += bytes.value();
}

void CallCounters::end(std::size_t method, const Ending& ending) {
  std::atomic<OfStatus*>& place = methods_[method].ended[static_cast<std::size_t>(ending.status)];
  OfStatus* counters = place.load(std::memory_order_relaxed);
  if (counters == nullptr) {
    counters = new OfStatus;
    place.store(counters, std::memory_order_release);
  }
  counters->durations[latency_bucket(ending.duration)].add(1);
  counters->ns.add(static_cast<std::uint64_t>(std::max<Duration::rep>(ending.duration.count(), 0)));
  counters->sent.add(ending.sent_bytes);
  counters->received.add(ending.received_bytes);
}

void CallCounters::add_to(CallStatistics& sums, std::size_t method) const {
  sums.started += methods_[method].started.value();
  for (std::size_t i = 0; i < kStatuses; ++i) {
    const OfStatus* counters = methods_[method].ended[i].load(std::memory_order_acquire);
    if (counters == nullptr) continue;
    const auto status = static_cast<StatusCode>(i);
    auto place = std::ranges::lower_bound(sums.ended, status, {}, &CallStatistics::Ended::status);
    if (place == sums.ended.end() || place->status != status)
      place = sums.ended.insert(place, {.status = status});
    for (std::size_t bucket = 0; bucket < counters->durations.size(); ++bucket) {
      place->duration.counts[bucket] += counters->durations[bucket].value();
    }
    place->duration.ns += counters->ns.value();
    counters->sent.add_to(place->sent);
    counters->received.add_to(place->received);
  }
}

}  // namespace parlance::detail
