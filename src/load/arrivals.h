#pragma once

#include <cstdint>

#include "base/deadline.h"

namespace parlance::load {

/// When the calls of an open loop are meant to begin: evenly spaced at a rate, whatever became of the calls
/// before. Several loops share a schedule: each takes every `shares`-th moment, beginning with its own.
class Arrivals {
 public:
  /// No moment at all.
  Arrivals() = default;
  /// The moments `begin + i / per_second` for i = share, share + shares, … below `total`. `per_second` is
  /// more than 0 (checked), `share` below `shares`.
  Arrivals(TimePoint begin, double per_second, std::uint64_t total, unsigned share = 0, unsigned shares = 1);

  /// The earliest moment not taken yet; TimePoint::max() when all are.
  TimePoint next() const { return next_; }
  bool due(TimePoint now) const { return next_ <= now; }
  /// Takes next().
  TimePoint take();
  /// How many are not taken yet.
  std::uint64_t left() const { return index_ >= total_ ? 0 : (total_ - index_ + shares_ - 1) / shares_; }

  /// How many moments of a schedule of `per_second` lie within `length`.
  static std::uint64_t within(Duration length, double per_second);

 private:
  TimePoint moment(std::uint64_t index) const;

  TimePoint begin_;
  double interval_ns_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t index_ = 0;
  unsigned shares_ = 1;
  TimePoint next_ = TimePoint::max();
};

}  // namespace parlance::load
