#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/make_histogram.hpp>
#include <boost/histogram/storage_adaptor.hpp>
#include <cmath>
#include <tuple>
#include <utility>

namespace parlance::load {
namespace {

constexpr int kLinearBits = 9;  // below 2^9 ns a bucket is a nanosecond
constexpr int kLinear = 1 << kLinearBits;
constexpr int kPerPower = kLinear / 2;
constexpr int kMostBits = std::bit_width(static_cast<std::uint64_t>(Histogram::kLongest.count()));
constexpr int kBuckets = kLinear + (kMostBits - kLinearBits) * kPerPower;

// The buckets as an axis of Boost.Histogram.
struct LogLinearAxis {
  static int index(std::uint64_t ns) noexcept {
    if (ns < kLinear) return static_cast<int>(ns);
    const int shift = static_cast<int>(std::bit_width(ns)) - kLinearBits;
    return kLinear + (shift - 1) * kPerPower + static_cast<int>(ns >> shift) - kPerPower;
  }
  static int size() noexcept { return kBuckets; }
  // The largest number of nanoseconds that index() puts there.
  static std::int64_t value(int index) noexcept {
    if (index < kLinear) return index;
    const int shift = (index - kLinear) / kPerPower + 1;
    const std::int64_t within = (index - kLinear) % kPerPower + kPerPower;
    return ((within + 1) << shift) - 1;
  }
  bool operator==(const LogLinearAxis&) const = default;
};

}  // namespace

struct Histogram::Counts {
  using Storage = boost::histogram::dense_storage<std::uint64_t>;
  boost::histogram::histogram<std::tuple<LogLinearAxis>, Storage> of{std::tuple{LogLinearAxis{}}};
};

Histogram::Histogram() : counts_(std::make_unique<Counts>()) {}
Histogram::Histogram(const Histogram& other)
    : counts_(std::make_unique<Counts>(*other.counts_)),
      count_(other.count_),
      min_(other.min_),
      max_(other.max_),
      sum_ns_(other.sum_ns_) {}
Histogram::Histogram(Histogram&&) noexcept = default;
Histogram& Histogram::operator=(Histogram other) noexcept {
  counts_ = std::move(other.counts_);
  count_ = other.count_;
  min_ = other.min_;
  max_ = other.max_;
  sum_ns_ = other.sum_ns_;
  return *this;
}
Histogram::~Histogram() = default;

void Histogram::record(Duration time) {
  time = std::clamp(time, Duration::zero(), kLongest);
  counts_->of(static_cast<std::uint64_t>(time.count()));
  ++count_;
  min_ = std::min(min_, time);
  max_ = std::max(max_, time);
  sum_ns_ += static_cast<double>(time.count());
}

void Histogram::merge(const Histogram& other) {
  counts_->of += other.counts_->of;
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ns_ += other.sum_ns_;
}

void Histogram::clear() {
  counts_->of.reset();
  count_ = 0;
  min_ = kLongest;
  max_ = Duration::zero();
  sum_ns_ = 0;
}

Duration Histogram::mean() const {
  if (count_ == 0) return Duration::zero();
  return Duration{std::llround(sum_ns_ / static_cast<double>(count_))};
}

Duration Histogram::percentile(double percent) const {
  constexpr double kRounding = 1e-12;  // 99.9 % of 20,000 is 19,980, not a hair more
  const double wanted = std::ceil(static_cast<double>(count_) * percent / 100 * (1 - kRounding));
  std::uint64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += counts_->of.at(i);
    if (seen > 0 && static_cast<double>(seen) >= wanted)
      return std::min(Duration{LogLinearAxis::value(i)}, max_);
  }
  return max_;
}

std::vector<Histogram::Point> Histogram::distribution() const {
  std::vector<Point> points;
  std::uint64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    const std::uint64_t here = counts_->of.at(i);
    if (here == 0) continue;
    seen += here;
    points.push_back({std::min(Duration{LogLinearAxis::value(i)}, max_),
                      static_cast<double>(seen) / static_cast<double>(count_)});
  }
  return points;
}

}  // namespace parlance::load
