#include "generation/exponentials.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace parlance::generation {
namespace {

// Loops of this many rounds without a branch: the compiler makes vector instructions of them.
constexpr std::size_t kLanes = 16;
using Lanes = std::array<float, kLanes>;
// Sums of this many lanes stay in single precision: their error is below that of the exponentials.
constexpr std::size_t kBlock = 64 * kLanes;

/// 2^x for x <= 0. 2^x = 2^n * 2^f with n whole and |f| <= 1/2; 2^f by its series.
inline float exp2_of(float x) {
  constexpr float kRound = 0x1.8p23F;  // what is added to a float of this size is rounded to whole numbers
  const float bounded = x < -126.0F ? -126.0F : x;
  const float whole = bounded + kRound;
  const float f = bounded - (whole - kRound);
  float series = 1.54035304e-4F;
  series = series * f + 1.33335581e-3F;
  series = series * f + 9.61812911e-3F;
  series = series * f + 5.55041087e-2F;
  series = series * f + 2.40226507e-1F;
  series = series * f + 6.93147181e-1F;
  series = series * f + 1.0F;
  const auto n = std::bit_cast<std::int32_t>(whole) - std::bit_cast<std::int32_t>(kRound);
  const float value = series * std::bit_cast<float>((n + 127) << 23);
  return x < -126.0F ? 0.0F : value;
}

/// The exponentials of one block; its size is a multiple of kLanes.
float block_sum(const float* logits, std::size_t size, float most, float scale, float* weights) {
  Lanes sums{};
  for (std::size_t at = 0; at < size; at += kLanes) {
    Lanes lanes;
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = exp2_of((logits[at + i] - most) * scale);
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += lanes[i];
    if (weights != nullptr) std::ranges::copy(lanes, weights + at);
  }
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

}  // namespace

double exponentials(std::span<const float> logits, float most, float scale, std::span<float> weights) {
  require(weights.empty() || weights.size() == logits.size(), "a weight for each logit");
  const float to_exp2 = scale * 1.44269504F;
  float* const out = weights.empty() ? nullptr : weights.data();
  const std::size_t whole = logits.size() / kLanes * kLanes;
  double sum = 0;
  for (std::size_t at = 0; at < whole; at += kBlock) {
    const std::size_t size = std::min(kBlock, whole - at);
    sum += block_sum(logits.data() + at, size, most, to_exp2, out == nullptr ? nullptr : out + at);
  }
  for (std::size_t at = whole; at < logits.size(); ++at) {
    const float weight = exp2_of((logits[at] - most) * to_exp2);
    if (out != nullptr) out[at] = weight;
    sum += weight;
  }
  return sum;
}

}  // namespace parlance::generation
