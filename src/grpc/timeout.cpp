#include "grpc/timeout.h"

#include <charconv>
#include <cstdint>

namespace parlance::grpc {
namespace {

constexpr std::int64_t kMostDigits = 8;
constexpr std::int64_t kLargestNumber = 99'999'999;

struct Unit {
  char letter;
  std::int64_t nanoseconds;
};

// From the finest to the coarsest.
constexpr std::array<Unit, 6> kUnits{{{'n', 1},
                                      {'u', 1'000},
                                      {'m', 1'000'000},
                                      {'S', 1'000'000'000},
                                      {'M', 60'000'000'000},
                                      {'H', 3'600'000'000'000}}};

const Unit* find_unit(char letter) {
  for (const Unit& unit : kUnits) {
    if (unit.letter == letter) return &unit;
  }
  return nullptr;
}

constexpr std::int64_t divide_rounding_up(std::int64_t value, std::int64_t by) {
  return value / by + (value % by != 0 ? 1 : 0);
}

}  // namespace

std::optional<Duration> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMostDigits + 1) return std::nullopt;
  const Unit* unit = find_unit(text.back());
  if (unit == nullptr) return std::nullopt;
  std::uint32_t number = 0;
  for (char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  std::int64_t nanoseconds = 0;
  if (__builtin_mul_overflow(std::int64_t{number}, unit->nanoseconds, &nanoseconds)) return Duration::max();
  return std::chrono::nanoseconds{nanoseconds};
}

TimeoutText format_timeout(Duration timeout) {
  const std::int64_t nanoseconds =
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(timeout).count(), 1);
  const Unit* unit = kUnits.data();
  // Hours always fit: the clock's range is 2,562,048 of them.
  while (divide_rounding_up(nanoseconds, unit->nanoseconds) > kLargestNumber) ++unit;

  TimeoutText text;
  char* begin = text.text_.data();
  char* end =
      std::to_chars(begin, begin + kMostDigits, divide_rounding_up(nanoseconds, unit->nanoseconds)).ptr;
  *end++ = unit->letter;
  text.size_ = static_cast<std::size_t>(end - begin);
  return text;
}

}  // namespace parlance::grpc
