#include "http2/bdp_estimator.h"

#include <algorithm>
#include <utility>

namespace parlance::http2 {
namespace {

// The clock may be coarser than a round trip within one machine.
constexpr double kShortestRoundTripS = 1e-6;

}  // namespace

bool BdpEstimator::data_arrived(std::uint32_t size_bytes, bool stream_is_busy, TimePoint now) {
  if (sampling_) {
    sample_bytes_ += size_bytes;
    return false;
  }
  between_bytes_ += size_bytes;
  const bool worth_it = stream_is_busy && between_bytes_ >= window_bytes_ / 2;
  if (!worth_it || window_bytes_ >= max_window_bytes_) return false;
  sampling_ = true;
  sample_bytes_ = size_bytes;
  sent_at_ = now;
  return true;
}

std::optional<std::uint32_t> BdpEstimator::ping_answered(TimePoint now) {
  if (!std::exchange(sampling_, false)) return std::nullopt;
  between_bytes_ = 0;
  const double round_trip_s =
      std::max(kShortestRoundTripS, std::chrono::duration<double>(now - sent_at_).count());
  const double bytes_per_s = static_cast<double>(sample_bytes_) / round_trip_s;
  const bool window_is_the_limit = sample_bytes_ * 3 >= std::uint64_t{window_bytes_} * 2;
  if (!window_is_the_limit || bytes_per_s <= best_bytes_per_s_) return std::nullopt;
  best_bytes_per_s_ = bytes_per_s;
  window_bytes_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(max_window_bytes_, 2ULL * window_bytes_));
  return window_bytes_;
}

}  // namespace parlance::http2
