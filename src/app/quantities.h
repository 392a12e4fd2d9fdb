#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/deadline.h"

namespace parlance::app {

// Measured values for people: three digits that count, and a unit.

inline double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// "870 ns", "61.2 µs", "1.21 ms", "2.05 s".
std::string time_text(Duration time);
/// "152,461"; below 100 with digits behind the point: "0.52", "17.3".
std::string number_text(double number);
/// "152,461"; a whole number has no digits behind the point.
std::string count_text(std::uint64_t count);
/// "870 B", "5.10 MB": decimal units.
std::string bytes_text(double bytes);

}  // namespace parlance::app
