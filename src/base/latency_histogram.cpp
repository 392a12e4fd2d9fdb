#include "base/latency_histogram.h"

#include <algorithm>

namespace parlance {

std::size_t latency_bucket(Duration duration) {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0));
  const auto* bound =
      std::ranges::find_if(kLatencyBoundsUs, [ns](std::uint64_t us) { return ns <= us * 1000; });
  return static_cast<std::size_t>(bound - kLatencyBoundsUs.begin());
}

}  // namespace parlance
