#include "rpc/balancing/policy.h"

#include <tuple>

#include "base/assert.h"
#include "rpc/balancing/least_request.h"
#include "rpc/balancing/outlier_detection.h"
#include "rpc/balancing/pick_first.h"
#include "rpc/balancing/ring_hash.h"
#include "rpc/balancing/round_robin.h"
#include "rpc/balancing/weighted_round_robin.h"

namespace parlance {

std::string_view name_of(Connectivity state) {
  static constexpr std::string_view kNames[] = {"IDLE", "CONNECTING", "READY", "TRANSIENT_FAILURE",
                                                "SHUTDOWN"};
  return kNames[static_cast<std::size_t>(state)];
}

bool same_policy(const PolicyConfig& a, const PolicyConfig& b) {
  using Outliers = std::shared_ptr<const OutlierDetectionConfig>;
  if (!std::holds_alternative<Outliers>(a) || !std::holds_alternative<Outliers>(b)) return a == b;
  const auto plain = [](const OutlierDetectionConfig& config) {
    return std::tie(config.interval, config.base_ejection_time, config.max_ejection_time,
                    config.max_ejection_percent, config.success_rate, config.failure_percentage);
  };
  const OutlierDetectionConfig& first = *std::get<Outliers>(a);
  const OutlierDetectionConfig& second = *std::get<Outliers>(b);
  return plain(first) == plain(second) && same_policy(first.child, second.child);
}

namespace balancing {
namespace {

struct Make {
  PolicyHost& host;

  std::unique_ptr<Policy> operator()(const PickFirstConfig& config) const {
    return std::make_unique<PickFirst>(config, host);
  }
  std::unique_ptr<Policy> operator()(const RoundRobinConfig& /*config*/) const {
    return std::make_unique<RoundRobin>(host);
  }
  std::unique_ptr<Policy> operator()(const WeightedRoundRobinConfig& config) const {
    return std::make_unique<WeightedRoundRobin>(config, host);
  }
  std::unique_ptr<Policy> operator()(const LeastRequestConfig& config) const {
    return std::make_unique<LeastRequest>(config, host);
  }
  std::unique_ptr<Policy> operator()(const RingHashConfig& config) const {
    return std::make_unique<RingHash>(config, host);
  }
  std::unique_ptr<Policy> operator()(const std::shared_ptr<const OutlierDetectionConfig>& config) const {
    require(config != nullptr, "outlier detection has a config");
    return std::make_unique<OutlierDetection>(*config, host);
  }
};

}  // namespace

std::unique_ptr<Policy> make_policy(const PolicyConfig& config, PolicyHost& host) {
  return std::visit(Make{host}, config);
}

}  // namespace balancing
}  // namespace parlance
