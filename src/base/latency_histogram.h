#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/deadline.h"

namespace parlance {

/// Upper bounds, inclusive, in microseconds: those that gRPC's own latency metrics have (gRPC proposal A66).
inline constexpr std::array<std::uint64_t, 41> kLatencyBoundsUs{
    0,         10,         50,         100,        300,        600,     800,     1'000,     2'000,
    3'000,     4'000,      5'000,      6'000,      8'000,      10'000,  13'000,  16'000,    20'000,
    25'000,    30'000,     40'000,     50'000,     65'000,     80'000,  100'000, 130'000,   160'000,
    200'000,   250'000,    300'000,    400'000,    500'000,    650'000, 800'000, 1'000'000, 2'000'000,
    5'000'000, 10'000'000, 20'000'000, 50'000'000, 100'000'000};

/// How many durations fell between two bounds; the last count is of those over the last bound.
struct LatencyHistogram {
  std::array<std::uint64_t, kLatencyBoundsUs.size() + 1> counts{};
  std::uint64_t ns = 0;  // all of them together
};

/// The place of `duration` in `counts`.
std::size_t latency_bucket(Duration duration);

}  // namespace parlance
