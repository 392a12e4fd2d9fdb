#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/latency_histogram.h"
#include "base/status.h"

namespace parlance {

/// Upper bounds, inclusive, of what a call's messages weigh together (gRPC A66).
inline constexpr std::array<std::uint64_t, 14> kCallBytesBounds{
    0,         1'024,     2'048,      4'096,      16'384,      65'536,        262'144,
    1'048'576, 4'194'304, 16'777'216, 67'108'864, 268'435'456, 1'073'741'824, 4'294'967'296};

/// How many calls fell between two bounds; the last count is of those over the last bound.
struct BytesHistogram {
  std::array<std::uint64_t, kCallBytesBounds.size() + 1> counts{};
  std::uint64_t bytes = 0;  // all of them together
};

/// What a server counted of one method's calls since it started (ServerOptions::call_statistics), as gRPC's
/// own metrics have it (A66): grpc.server.call.started, .duration, .sent_total_compressed_message_size and
/// .rcvd_total_compressed_message_size.
struct CallStatistics {
  /// Those that came to one status.
  struct Ended {
    StatusCode status = StatusCode::kOk;
    /// From the request's headers to its status.
    LatencyHistogram duration;
    /// Of the messages as they were on the wire, without their prefixes.
    BytesHistogram sent;
    BytesHistogram received;
  };

  /// "inference.InferenceService/Predict"; "other" for all that is not served.
  std::string method;
  std::uint64_t started = 0;
  std::vector<Ended> ended;  // by status; only those that there were
};

}  // namespace parlance
