#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/deadline.h"

namespace parlance {

// The load-balancing policies of a service config, by the names and with the defaults of
// grpc.service_config (interfaces: loadBalancingConfig).

/// "pick_first": the first address that answers, all calls to it (gRPC A61, A62).
struct PickFirstConfig {
  bool shuffle_address_list = false;
  bool operator==(const PickFirstConfig&) const = default;
};

/// "round_robin": every ready address in turn.
struct RoundRobinConfig {
  bool operator==(const RoundRobinConfig&) const = default;
};

/// "weighted_round_robin": in proportion to what the backends' ORCA reports say they can take (gRPC A58).
struct WeightedRoundRobinConfig {
  bool enable_oob_load_report = false;
  Duration oob_reporting_period = std::chrono::seconds{10};
  Duration blackout_period = std::chrono::seconds{10};
  Duration weight_expiration_period = std::chrono::minutes{3};
  Duration weight_update_period = std::chrono::seconds{1};
  double error_utilization_penalty = 1.0;
  bool operator==(const WeightedRoundRobinConfig&) const = default;
};

/// "least_request_experimental": of a few random ready addresses the one with the fewest open calls (gRPC
/// A48).
struct LeastRequestConfig {
  std::uint32_t choice_count = 2;
  bool operator==(const LeastRequestConfig&) const = default;
};

/// "ring_hash_experimental": calls with the same hash go to the same address (gRPC A42, A76).
struct RingHashConfig {
  std::uint64_t min_ring_size = 1024;
  std::uint64_t max_ring_size = 4096;
  /// Metadata key whose value is hashed; empty: each call is random.
  std::string request_hash_header = {};
  bool operator==(const RingHashConfig&) const = default;
};

struct OutlierDetectionConfig;

using PolicyConfig =
    std::variant<PickFirstConfig, RoundRobinConfig, WeightedRoundRobinConfig, LeastRequestConfig,
                 RingHashConfig, std::shared_ptr<const OutlierDetectionConfig>>;  // which is never null

/// "outlier_detection_experimental": takes addresses whose calls fail more than the others' out of the child
/// policy's list for a while (gRPC A50).
struct OutlierDetectionConfig {
  struct SuccessRate {
    std::uint32_t stdev_factor = 1900;  // thousandths
    std::uint32_t enforcement_percentage = 100;
    std::uint32_t minimum_hosts = 5;
    std::uint32_t request_volume = 100;
    bool operator==(const SuccessRate&) const = default;
  };
  struct FailurePercentage {
    std::uint32_t threshold = 85;
    std::uint32_t enforcement_percentage = 100;
    std::uint32_t minimum_hosts = 5;
    std::uint32_t request_volume = 50;
    bool operator==(const FailurePercentage&) const = default;
  };
  Duration interval = std::chrono::seconds{10};
  Duration base_ejection_time = std::chrono::seconds{30};
  Duration max_ejection_time = std::chrono::seconds{300};
  std::uint32_t max_ejection_percent = 10;
  std::optional<SuccessRate> success_rate = {};
  std::optional<FailurePercentage> failure_percentage = {};
  PolicyConfig child = PickFirstConfig{};
};

/// Whether both say the same, outlier detection and its child by value; `a == b` compares its pointers.
bool same_policy(const PolicyConfig& a, const PolicyConfig& b);

}  // namespace parlance
