#include "wire/utf8.h"

namespace parlance::wire {
namespace {

bool within(std::byte value, unsigned low, unsigned high) {
  const auto number = std::to_integer<unsigned>(value);
  return low <= number && number <= high;
}

// RFC 3629, section 4: what may follow a lead byte. Zero bytes: no lead byte.
struct Followers {
  unsigned count;
  unsigned low;  // of the first follower; the others are 80 to BF
  unsigned high;
};

Followers followers(unsigned lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool detail::is_utf8_beyond_ascii(const std::byte* at, const std::byte* end) {
  while (at != end) {
    const auto lead = std::to_integer<unsigned>(*at++);
    if (lead < 0x80) continue;
    const Followers next = followers(lead);
    if (next.count == 0 || end - at < static_cast<std::ptrdiff_t>(next.count)) return false;
    if (!within(at[0], next.low, next.high)) return false;
    for (unsigned index = 1; index < next.count; ++index) {
      if (!within(at[index], 0x80, 0xBF)) return false;
    }
    at += next.count;
  }
  return true;
}

}  // namespace parlance::wire
