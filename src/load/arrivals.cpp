#include "load/arrivals.h"

#include <cmath>
#include <ratio>

#include "base/assert.h"

namespace parlance::load {

Arrivals::Arrivals(TimePoint begin, double per_second, std::uint64_t total, unsigned share, unsigned shares)
    : begin_(begin),
      interval_ns_(std::nano::den / per_second),
      total_(total),
      index_(share),
      shares_(shares) {
  require(per_second > 0, "Arrivals: a rate is more than 0");
  require(share < shares, "Arrivals: no such share");
  next_ = moment(index_);
}

// From the beginning each time, so that roundings do not add up.
TimePoint Arrivals::moment(std::uint64_t index) const {
  if (index >= total_) return TimePoint::max();
  return begin_ + Duration{std::llround(static_cast<double>(index) * interval_ns_)};
}

TimePoint Arrivals::take() {
  const TimePoint taken = next_;
  index_ += shares_;
  next_ = moment(index_);
  return taken;
}

std::uint64_t Arrivals::within(Duration length, double per_second) {
  const double moments = std::chrono::duration<double>(length).count() * per_second;
  // What a rounding made of a whole number is that number.
  return static_cast<std::uint64_t>(std::ceil(moments - 1e-6));
}

}  // namespace parlance::load
