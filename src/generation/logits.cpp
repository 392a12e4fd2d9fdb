#include "generation/logits.h"

#include <algorithm>

#include "base/assert.h"

// This file is compiled once for each instruction set that a processor may have; the best one is taken when
// it runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "generation/logits.cpp"
#include <hwy/foreach_target.h>
// After it.
#include <hwy/contrib/algo/find-inl.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlance::generation::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<float>;
using Floats = hn::Vec<Lanes>;

/// What is left of `from` at `at`, fewer than a vector has; `other` fills it up.
Floats load_rest(Lanes lanes, const float* from, std::size_t at, std::size_t size, float other) {
  HWY_ALIGN float rest[hn::MaxLanes(Lanes{})];
  std::fill_n(rest, hn::Lanes(lanes), other);
  std::copy_n(from + at, size - at, rest);
  return hn::Load(lanes, rest);
}

LogitScan scan(const float* logits, std::size_t size) {
  const Lanes lanes;
  const Floats infinity = hn::Set(lanes, kInfinity);
  Floats most = hn::Neg(infinity);
  auto is_number = hn::Lt(most, infinity);
  const auto look_at = [&](Floats some) HWY_ATTR {
    is_number = hn::And(is_number, hn::Lt(some, infinity));  // NaN compares false
    most = hn::IfThenElse(hn::Gt(some, most), some, most);
  };
  std::size_t at = 0;
  for (; at + hn::Lanes(lanes) <= size; at += hn::Lanes(lanes)) look_at(hn::LoadU(lanes, logits + at));
  look_at(load_rest(lanes, logits, at, size, -kInfinity));
  LogitScan found{.most = hn::GetLane(hn::MaxOfLanes(lanes, most)),
                  .first = 0,
                  .has_junk = !hn::AllTrue(lanes, is_number)};
  const std::size_t first = hn::Find(lanes, found.most, logits, size);
  if (first < size) found.first = static_cast<Token>(first);
  return found;
}

/// exp((x - most) * scale), exactly 0 below the least normal number.
Floats weight(Lanes lanes, Floats x, Floats most, Floats scale) {
  const Floats exponent = hn::Mul(hn::Sub(x, most), scale);
  return hn::IfThenElseZero(hn::Ge(exponent, hn::Set(lanes, -87.3365448F)), hn::Exp(lanes, exponent));
}

float weigh_block(const float* logits, std::size_t size, float most, float scale, float* weights) {
  const Lanes lanes;
  const Floats top = hn::Set(lanes, most);
  const Floats factor = hn::Set(lanes, scale);
  Floats sums = hn::Zero(lanes);
  std::size_t at = 0;
  for (; at + hn::Lanes(lanes) <= size; at += hn::Lanes(lanes)) {
    const Floats made = weight(lanes, hn::LoadU(lanes, logits + at), top, factor);
    sums = hn::Add(sums, made);
    if (weights != nullptr) hn::StoreU(made, lanes, weights + at);
  }
  const Floats made = weight(lanes, load_rest(lanes, logits, at, size, -kInfinity), top, factor);
  if (weights != nullptr) {
    HWY_ALIGN float rest[hn::MaxLanes(Lanes{})];
    hn::Store(made, lanes, rest);
    std::copy_n(rest, size - at, weights + at);
  }
  return hn::GetLane(hn::SumOfLanes(lanes, hn::Add(sums, made)));
}

float sum_of_block(const float* weights, std::size_t size) {
  const Lanes lanes;
  Floats sums = hn::Zero(lanes);
  std::size_t at = 0;
  for (; at + hn::Lanes(lanes) <= size; at += hn::Lanes(lanes))
    sums = hn::Add(sums, hn::LoadU(lanes, weights + at));
  return hn::GetLane(hn::SumOfLanes(lanes, hn::Add(sums, load_rest(lanes, weights, at, size, 0))));
}

}  // namespace
}  // namespace parlance::generation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlance::generation {
namespace {

HWY_EXPORT(scan);
HWY_EXPORT(weigh_block);
HWY_EXPORT(sum_of_block);

}  // namespace

LogitScan scan(std::span<const float> logits) {
  return HWY_DYNAMIC_DISPATCH(scan)(logits.data(), logits.size());
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
  double all = 0;
  for (std::size_t begin = 0; begin < logits.size(); begin += kWeightBlock) {
    const std::size_t size = std::min(kWeightBlock, logits.size() - begin);
    float* const made = weights.empty() ? nullptr : weights.data() + begin;
    all += static_cast<double>(
        HWY_DYNAMIC_DISPATCH(weigh_block)(logits.data() + begin, size, most, scale, made));
  }
  return all;
}

float sum_of_block(std::span<const float> weights) {
  require(weights.size() <= kWeightBlock, "a block");
  return HWY_DYNAMIC_DISPATCH(sum_of_block)(weights.data(), weights.size());
}

}  // namespace parlance::generation
#endif
