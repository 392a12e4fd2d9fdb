#include "http2/abuse_limits.h"

#include <algorithm>
#include <utility>

namespace parlance::http2 {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

bool TokenBucket::take(TimePoint now) {
  const double elapsed_s = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  tokens_ = std::min<double>(rate_.burst, tokens_ + elapsed_s * rate_.per_second);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

AbuseLimits::AbuseLimits(const Limits& limits)
    : limits_(limits),
      resets_{TokenBucket{limits.resets}, limits.resets, "stream resets", "resets"},
      pings_{TokenBucket{limits.pings}, limits.pings, "PINGs", "pings"},
      settings_{TokenBucket{limits.settings}, limits.settings, "SETTINGS", "settings"},
      empty_{TokenBucket{limits.empty_frames}, limits.empty_frames, "frames without effect", "empty_frames"} {
}

Outcome AbuseLimits::count(Counter& counter) {
  ++counter.seen;
  if (counter.bucket.take(now_)) [[likely]]
    return {};
  return over("too many " + std::string(counter.what) + ": " + number(counter.seen) +
              " on this connection, allowed are " + number(counter.rate.burst) + " at once and " +
              number(counter.rate.per_second) + " per second (option " + std::string(counter.knob) + ")");
}

Outcome AbuseLimits::count_ping() {
  if (std::exchange(payload_sent_, false)) return {};
  return count(pings_);
}

Outcome AbuseLimits::count_window_update() {
  if (window_update_allowance_ == 0) return count(empty_);
  --window_update_allowance_;
  return {};
}

Outcome AbuseLimits::check_continuations(std::uint32_t seen) {
  if (seen <= limits_.max_continuations) return {};
  return over("too many CONTINUATION frames: " + number(seen) + " in one header block, allowed are " +
              number(limits_.max_continuations) + " (option max_continuations)");
}

Outcome AbuseLimits::over_queued_control(std::size_t control_bytes) {
  return over("answers not read: " + number(control_bytes) + " bytes queued, allowed are " +
              number(limits_.max_queued_control_bytes) + " (option max_queued_control_bytes)");
}

Outcome AbuseLimits::over(std::string text) {
  text_ = std::move(text);
  return connection_fault(ErrorCode::kEnhanceYourCalm, text_);
}

}  // namespace parlance::http2
