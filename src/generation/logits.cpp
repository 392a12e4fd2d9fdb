#include "generation/logits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/assert.h"

namespace parlance::generation {
namespace {

constexpr std::size_t kLanes = 4;  // 16 bytes: what every 64-bit processor has registers for
using Floats [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Ints [[gnu::vector_size(kLanes * sizeof(float))]] = std::int32_t;

Floats load(const float* from) {
  Floats lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

/// The last logits, fewer than a vector has; `other` fills it up.
Floats load_rest(std::span<const float> rest, float other) {
  std::array<float, kLanes> lanes;
  lanes.fill(other);
  std::ranges::copy(rest, lanes.begin());
  return load(lanes.data());
}

/// 2^x for x <= 0. 2^x = 2^n * 2^f with n whole and |f| <= 1/2; 2^f by its series.
Floats exp2_of(Floats x) {
  constexpr float kRound = 0x1.8p23F;  // what is added to a float of this size is rounded to whole numbers
  const Ints is_zero = x < -126.0F;
  const Floats bounded = is_zero ? Floats{} - 126.0F : x;
  const Floats whole = bounded + kRound;
  const Floats f = bounded - (whole - kRound);
  Floats series = f * 1.54035304e-4F + 1.33335581e-3F;
  series = series * f + 9.61812911e-3F;
  series = series * f + 5.55041087e-2F;
  series = series * f + 2.40226507e-1F;
  series = series * f + 6.93147181e-1F;
  series = series * f + 1.0F;
  const Ints exponent = reinterpret_cast<Ints>(whole) - std::bit_cast<std::int32_t>(kRound) + 127;
  return is_zero ? Floats{} : series * reinterpret_cast<Floats>(exponent << 23);
}

float sum(const Floats& lanes) {
  float all = 0;
  for (std::size_t i = 0; i < kLanes; ++i) all += lanes[i];
  return all;
}

}  // namespace

LogitScan scan(std::span<const float> logits) {
  Floats most = Floats{} - kInfinity;
  Ints junk{};
  const auto look_at = [&](const Floats& lanes) {
    junk |= ~(lanes < kInfinity);  // NaN compares false
    most = lanes > most ? lanes : most;
  };
  const std::size_t whole = logits.size() / kLanes * kLanes;
  for (std::size_t at = 0; at < whole; at += kLanes) look_at(load(logits.data() + at));
  look_at(load_rest(logits.subspan(whole), -kInfinity));
  LogitScan found{.most = -kInfinity, .first = 0, .has_junk = false};
  for (std::size_t i = 0; i < kLanes; ++i) {
    found.most = std::max(found.most, most[i]);
    found.has_junk |= junk[i] != 0;
  }
  const auto first = std::ranges::find(logits, found.most);
  found.first = first == logits.end() ? 0 : static_cast<Token>(first - logits.begin());
  return found;
}

void keep_allowed(std::span<const float> logits, TokenMask mask, std::span<float> kept) {
  require(kept.size() == logits.size(), "a place for each logit");
  constexpr std::size_t kBits = 32;
  for (std::size_t begin = 0; begin < logits.size(); begin += kBits) {
    const std::size_t count = std::min(kBits, logits.size() - begin);
    const std::uint32_t bits = begin / kBits < mask.size() ? mask[begin / kBits] : 0;
    for (std::size_t i = 0; i < count; ++i)
      kept[begin + i] = (bits >> i & 1U) != 0 ? logits[begin + i] : -kInfinity;
  }
}

double exponentials(std::span<const float> logits, float most, float scale, std::span<float> weights) {
  require(weights.empty() || weights.size() == logits.size(), "a weight for each logit");
  const float to_exp2 = scale * 1.44269504F;
  double all = 0;
  for (std::size_t begin = 0; begin < logits.size(); begin += kWeightBlock) {
    const std::span<const float> block = logits.subspan(begin, std::min(kWeightBlock, logits.size() - begin));
    const std::size_t whole = block.size() / kLanes * kLanes;
    Floats sums{};
    for (std::size_t at = 0; at < whole; at += kLanes) {
      const Floats lanes = exp2_of((load(block.data() + at) - most) * to_exp2);
      sums += lanes;
      if (!weights.empty()) std::memcpy(weights.data() + begin + at, &lanes, sizeof lanes);
    }
    const Floats rest = exp2_of((load_rest(block.subspan(whole), -kInfinity) - most) * to_exp2);
    if (!weights.empty())
      std::memcpy(weights.data() + begin + whole, &rest, (block.size() - whole) * sizeof(float));
    all += static_cast<double>(sum(sums + rest));
  }
  return all;
}

float sum_of_block(std::span<const float> weights) {
  require(weights.size() <= kWeightBlock, "a block");
  const std::size_t whole = weights.size() / kLanes * kLanes;
  Floats sums{};
  for (std::size_t at = 0; at < whole; at += kLanes) sums += load(weights.data() + at);
  return sum(sums + load_rest(weights.subspan(whole), 0));
}

}  // namespace parlance::generation
