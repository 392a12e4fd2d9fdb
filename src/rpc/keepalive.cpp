#include "rpc/keepalive.h"

#include <algorithm>

namespace parlance::detail {

Keepalive::Decision Keepalive::decide(TimePoint now, TimePoint last_received, bool has_calls) {
  if (options_.time == Duration::zero()) return {Step::kWait, TimePoint::max()};
  if (pinged_at_ && last_received > *pinged_at_) pinged_at_.reset();
  if (pinged_at_) {
    const TimePoint limit = *pinged_at_ + options_.timeout;
    if (now >= limit) return {Step::kGiveUp, TimePoint::max()};
    return {Step::kWait, std::min(limit, now + options_.time)};
  }
  if (!has_calls && !options_.without_calls) return {Step::kWait, now + options_.time};
  const TimePoint due = last_received + options_.time;
  if (now < due) return {Step::kWait, due};
  pinged_at_ = now;
  return {Step::kPing, now + std::min(options_.time, options_.timeout)};
}

bool PingStrikes::on_ping(TimePoint now, std::uint64_t frames_sent) {
  if (frames_sent != frames_sent_) {
    strikes_ = 0;
  } else if (last_ && now - *last_ < policy_.min_interval) {
    ++strikes_;
  }
  last_ = now;
  frames_sent_ = frames_sent;
  return strikes_ <= policy_.max_strikes;
}

}  // namespace parlance::detail
