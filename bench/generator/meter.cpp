#include "meter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "process.h"

namespace bench {

void Meter::begin() {
  latencies_ns_.reserve(4'000'000);
  running_ = true;
  time_ns_ = -now_ns();
  server_cpu_ns_ = -cpu_ns(server_pid_);
  own_cpu_ns_ = -cpu_ns(0);
}

void Meter::end() {
  running_ = false;
  time_ns_ += now_ns();
  server_cpu_ns_ += cpu_ns(server_pid_);
  own_cpu_ns_ += cpu_ns(0);
  std::ranges::sort(latencies_ns_);
}

void Meter::answered(std::int64_t latency_ns) {
  if (!running_) return;
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();  // four seconds
  latencies_ns_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(latency_ns, 0, kMost)));
}

double Meter::percentile_us(double share) const {
  if (latencies_ns_.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies_ns_.size())));
  return latencies_ns_[std::max<std::size_t>(rank, 1) - 1] / 1000.0;
}

std::string Meter::to_json() const {
  nlohmann::json out = {{"answers", latencies_ns_.size()},
                        {"messages", messages_},
                        {"seconds", static_cast<double>(time_ns_) / 1e9},
                        {"server_cpu_ns", server_cpu_ns_},
                        {"generator_cpu_ns", own_cpu_ns_},
                        {"p50_us", percentile_us(0.5)},
                        {"p99_us", percentile_us(0.99)},
                        {"p999_us", percentile_us(0.999)},
                        {"missed", missed_},
                        {"resumed", resumed_},
                        {"errors", errors_}};
  for (const auto& [name, bytes] : memory_) out[name] = bytes;
  return out.dump();
}

}  // namespace bench
