#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parlance::http2 {

/// The Huffman code of RFC 7541 appendix B. It is canonical: within a length the codes count up in the order
/// of the symbols, and each length continues where the one before ended. So the lengths are all there is to
/// write down; codes and decoding tables are made from them at compile time.
struct HuffmanCode {
  static constexpr std::size_t kSymbols = 257;  // 256 octets and EOS
  static constexpr std::size_t kEos = 256;
  static constexpr unsigned kShortestBits = 5;
  static constexpr unsigned kLongestBits = 30;

  static constexpr std::array<std::uint8_t, kSymbols> kLengthBits{
      13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  // 0x00
      28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  // 0x10
      6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   // 0x20
      5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  // 0x30
      13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   // 0x40
      7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   // 0x50
      15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   // 0x60
      6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  // 0x70
      20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  // 0x80
      24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  // 0x90
      22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  // 0xa0
      21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  // 0xb0
      26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  // 0xc0
      19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  // 0xd0
      20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  // 0xe0
      26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  // 0xf0
      30                                                               // EOS
  };

  /// The code of each symbol, right-aligned.
  static constexpr std::array<std::uint32_t, kSymbols> kCodes = [] {
    std::array<std::uint32_t, kSymbols> codes{};
    std::uint32_t next = 0;
    for (unsigned length = kShortestBits; length <= kLongestBits; ++length) {
      for (std::size_t symbol = 0; symbol < kSymbols; ++symbol)
        if (kLengthBits[symbol] == length) codes[symbol] = next++;
      next <<= 1;
    }
    return codes;
  }();
};

// The code is complete: EOS, the last symbol of the greatest length, is all ones.
static_assert(HuffmanCode::kCodes[HuffmanCode::kEos] == (1u << HuffmanCode::kLongestBits) - 1);

}  // namespace parlance::http2
