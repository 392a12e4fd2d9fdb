#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"

namespace parlance::models {

/// The life of a model version: LOADING → WARMING → READY → DRAINING → UNLOADED, and FAILED from LOADING or
/// WARMING. An UNLOADED or FAILED version may be loaded anew.
enum class VersionState : std::uint8_t { kLoading, kWarming, kReady, kDraining, kUnloaded, kFailed };

/// "LOADING" and so on.
std::string_view to_string(VersionState state);

/// A load of a version that is READY and serves meanwhile.
struct Reload {
  enum class State : std::uint8_t { kNone, kLoading, kWarming, kFailed };
  State state = State::kNone;
  std::string reason;  // of kFailed: the version from before serves on

  bool operator==(const Reload&) const = default;
};

/// What freeing a version gave back.
struct MemoryReceipt {
  std::size_t rss_before_bytes = 0;  // of the process, when nobody used the version any more
  std::size_t rss_after_bytes = 0;   // when it was freed and the free memory given back
  std::size_t pinned = 0;            // requests and others that used it when it was taken out of service
  Duration waited{};                 // for them
  std::chrono::system_clock::time_point at;

  bool operator==(const MemoryReceipt&) const = default;
};

/// Where a version stands.
struct VersionStatus {
  std::string model;
  std::int64_t version = 0;  // 0: the model as a whole, when it has no version that could be loaded
  VersionState state = VersionState::kLoading;
  std::string reason = {};                    // of FAILED, or why runs of a READY one fail; else empty
  Reload reload = {};                         // of READY
  std::optional<MemoryReceipt> receipt = {};  // of the last time it was freed, also by a reload
  std::vector<std::string> warnings = {};     // what its configuration asks for and is not done
  Duration load_time = {};                    // from LOADING to READY, the last time
  std::uint64_t loads = 0;                    // how often it became READY

  bool operator==(const VersionStatus&) const = default;
};

}  // namespace parlance::models
