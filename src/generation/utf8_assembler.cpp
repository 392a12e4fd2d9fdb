#include "generation/utf8_assembler.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace parlance::generation {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// What a lead byte asks for: bytes of the character, and the range of the second one (RFC 3629, section 4).
struct Lead {
  std::size_t bytes;
  std::uint8_t least = 0x80;
  std::uint8_t most = 0xBF;
};

constexpr Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {.bytes = 1};
  if (byte >= 0xC2 && byte <= 0xDF) return {.bytes = 2};
  if (byte == 0xE0) return {.bytes = 3, .least = 0xA0};
  if (byte == 0xED) return {.bytes = 3, .most = 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {.bytes = 3};
  if (byte == 0xF0) return {.bytes = 4, .least = 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {.bytes = 4};
  if (byte == 0xF4) return {.bytes = 4, .most = 0x8F};
  return {.bytes = 0};
}

struct Piece {
  std::size_t bytes;
  enum : std::uint8_t { kWhole, kBroken, kUnfinished } kind;
};

/// The character that `text` begins with, or as much as could begin one.
Piece first_piece(std::string_view text) {
  const Lead lead = lead_of(static_cast<std::uint8_t>(text[0]));
  if (lead.bytes == 0) return {1, Piece::kBroken};
  for (std::size_t at = 1; at < lead.bytes; ++at) {
    if (at == text.size()) return {at, Piece::kUnfinished};
    const auto byte = static_cast<std::uint8_t>(text[at]);
    const bool follows = at == 1 ? byte >= lead.least && byte <= lead.most : (byte & 0xC0) == 0x80;
    if (!follows) return {at, Piece::kBroken};
  }
  return {lead.bytes, Piece::kWhole};
}

}  // namespace

std::string Utf8Assembler::add(std::string_view bytes) {
  held_ += bytes;
  std::string whole;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const Piece piece = first_piece(rest);
    if (piece.kind == Piece::kUnfinished) break;
    whole += piece.kind == Piece::kWhole ? rest.substr(0, piece.bytes) : kReplacement;
    rest.remove_prefix(piece.bytes);
  }
  held_ = std::string{rest};
  return whole;
}

std::string Utf8Assembler::finish() {
  return std::exchange(held_, {}).empty() ? std::string{} : std::string{kReplacement};
}

}  // namespace parlance::generation
