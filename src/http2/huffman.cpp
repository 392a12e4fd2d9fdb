#include "http2/huffman.h"

#include <array>
#include <cstdint>

#include "http2/huffman_code.h"

namespace parlance::http2 {
namespace {

using Code = HuffmanCode;

constexpr unsigned kRootBits = 8;

struct Symbol {
  std::uint16_t symbol;
  std::uint8_t length_bits;
};

/// Codes of one length, as needed to find one of them in 32 bits that begin with it.
struct LongCodes {
  std::uint64_t limit;  // the first 32-bit word that begins with a longer code
  std::uint32_t first_code;
  std::uint16_t first_at;  // in kSorted
  std::uint8_t length_bits;
};

/// Symbols in the order of their codes.
constexpr std::array<std::uint16_t, Code::kSymbols> kSorted = [] {
  std::array<std::uint16_t, Code::kSymbols> sorted{};
  std::size_t at = 0;
  for (unsigned length = Code::kShortestBits; length <= Code::kLongestBits; ++length)
    for (std::size_t symbol = 0; symbol < Code::kSymbols; ++symbol)
      if (Code::kLengthBits[symbol] == length) sorted[at++] = static_cast<std::uint16_t>(symbol);
  return sorted;
}();

/// By the next kRootBits bits: the symbol whose code they begin with; length 0 when the code is longer.
constexpr std::array<Symbol, 1u << kRootBits> kRoot = [] {
  std::array<Symbol, 1u << kRootBits> root{};
  for (std::size_t symbol = 0; symbol < Code::kSymbols; ++symbol) {
    const unsigned length = Code::kLengthBits[symbol];
    if (length > kRootBits) continue;
    const std::uint32_t first = Code::kCodes[symbol] << (kRootBits - length);
    for (std::uint32_t i = 0; i < 1u << (kRootBits - length); ++i)
      root[first + i] = {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(length)};
  }
  return root;
}();

constexpr std::size_t count_of_length(unsigned length) {
  std::size_t count = 0;
  for (const std::uint8_t bits : Code::kLengthBits) count += bits == length;
  return count;
}

constexpr std::size_t kLongLengths = [] {
  std::size_t lengths = 0;
  for (unsigned length = kRootBits + 1; length <= Code::kLongestBits; ++length)
    lengths += count_of_length(length) != 0;
  return lengths;
}();

constexpr std::array<LongCodes, kLongLengths> kLong = [] {
  std::array<LongCodes, kLongLengths> table{};
  std::size_t row = 0;
  std::size_t at = 0;
  for (unsigned length = Code::kShortestBits; length <= Code::kLongestBits; ++length) {
    const std::size_t count = count_of_length(length);
    if (length > kRootBits && count != 0) {
      const std::uint32_t first = Code::kCodes[kSorted[at]];
      table[row++] = {(std::uint64_t{first} + count) << (32 - length), first, static_cast<std::uint16_t>(at),
                      static_cast<std::uint8_t>(length)};
    }
    at += count;
  }
  return table;
}();

Symbol long_symbol(std::uint32_t word) {
  const LongCodes* codes = kLong.data();
  while (word >= codes->limit) ++codes;  // the last limit is 2^32
  const std::uint32_t code = word >> (32 - codes->length_bits);
  return {kSorted[codes->first_at + (code - codes->first_code)], codes->length_bits};
}

/// The symbol that begins the 64 bits `window`, of which the upper 32 must be meaningful.
inline Symbol symbol_at(std::uint64_t window) {
  const Symbol symbol = kRoot[window >> (64 - kRootBits)];
  if (symbol.length_bits != 0) [[likely]]
    return symbol;
  return long_symbol(static_cast<std::uint32_t>(window >> 32));
}

/// The bits not decoded yet, left-aligned in a word, and the input that follows them.
struct BitReader {
  const std::byte* at;
  const std::byte* end;
  std::uint64_t window = 0;
  unsigned bits = 0;

  void refill() {
    if (end - at >= 8) {
      window |= load_be64(at) >> bits;
      at += (63 - bits) / 8;
      bits |= 56;
      return;
    }
    for (; bits <= 56 && at != end; bits += 8) window |= std::to_integer<std::uint64_t>(*at++) << (56 - bits);
  }

  void drop(unsigned count) {
    window <<= count;
    bits -= count;
  }
};

/// What is left when no whole symbol is: fewer than 8 bits, all ones (RFC 7541 section 5.2).
bool is_padding(const BitReader& in) {
  return in.bits < 8 && (in.bits == 0 || ~in.window >> (64 - in.bits) == 0);
}

}  // namespace

std::size_t huffman_size(std::string_view text) {
  std::size_t bits = 0;
  for (const char c : text) bits += Code::kLengthBits[static_cast<unsigned char>(c)];
  return (bits + 7) / 8;
}

std::byte* huffman_encode(std::string_view text, std::byte* at) {
  std::uint64_t pending = 0;  // right-aligned
  unsigned bits = 0;
  for (const char c : text) {
    const auto symbol = static_cast<unsigned char>(c);
    pending = pending << Code::kLengthBits[symbol] | Code::kCodes[symbol];
    bits += Code::kLengthBits[symbol];
    if (bits >= 32) {
      bits -= 32;
      store_be32(at, static_cast<std::uint32_t>(pending >> bits));
      at += 4;
    }
  }
  for (; bits >= 8; bits -= 8) *at++ = static_cast<std::byte>(pending >> (bits - 8));
  if (bits != 0) *at++ = static_cast<std::byte>(pending << (8 - bits) | 0xff >> bits);
  return at;
}

std::expected<std::size_t, HpackError> huffman_decode(Bytes coded, char* out) {
  BitReader in{coded.data(), coded.data() + coded.size()};
  char* to = out;
  for (;;) {
    in.refill();
    if (in.bits < Code::kLongestBits) break;
    do {
      const Symbol symbol = symbol_at(in.window);
      if (symbol.symbol == Code::kEos) return std::unexpected(HpackError::kHuffmanEos);
      *to++ = static_cast<char>(symbol.symbol);
      in.drop(symbol.length_bits);
    } while (in.bits >= Code::kLongestBits);
  }
  while (in.bits != 0) {
    const Symbol symbol = symbol_at(in.window | ~std::uint64_t{0} >> in.bits);
    if (symbol.length_bits > in.bits) break;
    *to++ = static_cast<char>(symbol.symbol);
    in.drop(symbol.length_bits);
  }
  if (!is_padding(in)) return std::unexpected(HpackError::kHuffmanPadding);
  return static_cast<std::size_t>(to - out);
}

}  // namespace parlance::http2
