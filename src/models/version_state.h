#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::models {

/// The life of a model version: LOADING → WARMING → READY → DRAINING → UNLOADED, and FAILED from LOADING or
/// WARMING. An UNLOADED or FAILED version may be loaded anew.
enum class VersionState : std::uint8_t { kLoading, kWarming, kReady, kDraining, kUnloaded, kFailed };

/// "LOADING" and so on.
std::string_view to_string(VersionState state);

/// Where a version stands.
struct VersionStatus {
  std::string model;
  std::int64_t version = 0;  // 0: the model as a whole, when it has no version that could be loaded
  VersionState state = VersionState::kLoading;
  std::string reason;  // of FAILED, else empty

  bool operator==(const VersionStatus&) const = default;
};

}  // namespace parlance::models
