#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/deadline.h"

namespace parlance::scheduling {

/// How long a run of so many rows takes, learnt from runs. Knows no clock.
///
/// Sizes fall into bins that double (1, 2, 3–4, 5–8, …); each keeps a moving mean and a moving mean deviation
/// as TCP does for its round trips (Jacobson, "Congestion Avoidance and Control", 1988). Between bins the
/// estimate is interpolated, above the largest it goes on as between the last two: the time of a batch is
/// close to linear in its rows (Crankshaw et al., "Clipper", NSDI 2017; Shen et al., "Nexus", SOSP 2019).
class ServiceTimeEstimator {
 public:
  /// A run at warm-up: known, until runs in service are measured.
  void expect(std::size_t rows, Duration took) { learn(rows, took); }
  /// A run that ended at `now`.
  void measured(std::size_t rows, Duration took, TimePoint now);

  /// The mean. Zero while nothing is known.
  Duration typical(std::size_t rows) const { return at(rows, 0); }
  /// What about nineteen of twenty runs stay below: the mean and two deviations.
  Duration conservative(std::size_t rows) const { return at(rows, kDeviations); }

  /// Whether the last run is so long ago that nobody should be turned away for its sake: after 20 times what
  /// a run takes, and kFreshFor at least. So an estimate that is too high cannot keep itself up: at worst a
  /// twentieth of the time goes to finding out.
  bool stale(TimePoint now) const;

  static constexpr Duration kFreshFor = std::chrono::milliseconds{100};

 private:
  static constexpr double kDeviations = 2;
  static constexpr std::size_t kBins = 24;
  struct Bin {
    double rows = 0;  // mean of what fell into it
    double mean_ns = 0;
    double deviation_ns = 0;
    std::uint32_t samples = 0;

    double ns(double deviations) const { return mean_ns + deviations * deviation_ns; }
  };

  static std::size_t bin_of(std::size_t rows);
  void learn(std::size_t rows, Duration took);
  Duration at(std::size_t rows, double deviations) const;

  std::array<Bin, kBins> bins_{};
  TimePoint measured_at_ = TimePoint::min();
};

}  // namespace parlance::scheduling
