#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::app {

inline constexpr std::size_t kMostRateSteps = 1'000;

/// "5000", calls a second, or "1000:10000:1000", from, to and by how much: the rates of a ramp, up or down,
/// the last one at most (at least, downwards) the second number. The error is the end of a sentence that
/// begins with the option's name.
std::expected<std::vector<double>, std::string> parse_rates(std::string_view text);

}  // namespace parlance::app
