#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/deadline.h"

namespace parlance::app {

// How values are written on the command line and in configuration files. Errors are the end of a sentence
// that begins with the option's name: "'soon' is not a duration: …".

/// "500ms", "30s", "1.5h": a number that is not negative and one of us, ms, s, m, h.
std::expected<Duration, std::string> parse_duration(std::string_view text);

/// What the length of a gRPC message can say.
inline constexpr std::size_t kMostMessageBytes = 4'294'967'295;

/// "4194304", "4MiB", "4M": a whole number of bytes, or a number of KiB, MiB or GiB, in short K, M or G.
std::expected<std::size_t, std::string> parse_size(std::string_view text,
                                                   std::size_t most_bytes = kMostMessageBytes);

/// A whole number from 0 to `most`.
std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t most);

/// A decimal number from `least` to `most`.
std::expected<float, std::string> parse_number(std::string_view text, float least, float most);

/// "30s", "1500ms": as parse_duration() reads it, in the largest unit that needs no fraction.
std::string format_duration(Duration duration);

}  // namespace parlance::app
