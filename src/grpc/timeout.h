#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/deadline.h"

namespace parlance::grpc {

/// Reads a `grpc-timeout` value: 1 to 8 ASCII digits and one of `H M S m u n` (hours, minutes, seconds,
/// milliseconds, microseconds, nanoseconds). Nothing for any other form. A time past the clock's range is
/// Duration::max().
std::optional<Duration> parse_timeout(std::string_view text);

/// The text of a `grpc-timeout` value, held in place.
class TimeoutText {
 public:
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  friend TimeoutText format_timeout(Duration timeout);
  std::array<char, 9> text_{};  // 8 digits and the unit
  std::size_t size_ = 0;
};

/// Writes a timeout in the finest unit whose number has at most 8 digits, rounded up: the server never gets
/// less time than the caller gave. Zero and less become "1n", the shortest time the rule allows.
TimeoutText format_timeout(Duration timeout);

}  // namespace parlance::grpc
