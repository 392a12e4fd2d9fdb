#pragma once

#include <cstddef>
#include <cstdint>

namespace parlance::generation {

/// A token's number in a model's vocabulary; never negative.
using Token = std::int32_t;

/// A page of the key/value cache: the block of every layer with this index holds the keys and values of
/// `block_tokens` consecutive tokens of a sequence.
using PageId = std::uint32_t;
inline constexpr PageId kNoPage = UINT32_MAX;

/// How many pages hold `tokens` tokens.
constexpr std::size_t pages_for(std::size_t tokens, std::size_t block_tokens) {
  return (tokens + block_tokens - 1) / block_tokens;
}

}  // namespace parlance::generation
