#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/deadline.h"

namespace parlance::load {

/// Counts times in buckets of the high dynamic range kind (HdrHistogram): each power of two of nanoseconds is
/// cut into 256 equal buckets, so a percentile is at most 0.4 % above the time that was recorded. Adding a
/// time is a shift and an increment; the memory is the same for ten calls and for ten billion.
class Histogram {
 public:
  /// Longer times are recorded as this one: about 73 minutes.
  static constexpr Duration kLongest = std::chrono::nanoseconds{(std::int64_t{1} << 42) - 1};

  Histogram();
  Histogram(const Histogram& other);
  Histogram(Histogram&& other) noexcept;
  Histogram& operator=(Histogram other) noexcept;
  ~Histogram();

  /// A negative time counts as none.
  void record(Duration time);
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  /// Exact; zero of an empty histogram, as everything below.
  Duration min() const { return count_ == 0 ? Duration::zero() : min_; }
  Duration max() const { return max_; }
  Duration mean() const;
  /// The time that `percent` of the recorded times do not exceed; 100 is max().
  Duration percentile(double percent) const;

  /// Times and the share of all, in (0, 1], that do not exceed them: a point for every bucket that is not
  /// empty.
  struct Point {
    Duration time;
    double share;
    bool operator==(const Point&) const = default;
  };
  std::vector<Point> distribution() const;

 private:
  struct Counts;
  std::unique_ptr<Counts> counts_;
  std::uint64_t count_ = 0;
  Duration min_ = kLongest;
  Duration max_ = Duration::zero();
  double sum_ns_ = 0;
};

}  // namespace parlance::load
