#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// Picks indices in proportion to their weights, evenly spread: earliest deadline first (gRPC A58). An index
/// of weight w is due every 1/w, at first at a random point of its first period. With equal weights each is
/// picked once a round.
class EdfScheduler {
 public:
  /// `weights` are greater than zero and finite.
  EdfScheduler(std::span<const double> weights, PolicyHost& host);

  /// There is at least one weight.
  std::size_t next();

 private:
  struct Job {
    double deadline;
    double period;
    std::size_t index;
  };
  static bool later(const Job& a, const Job& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.index > b.index;
  }

  std::vector<Job> jobs_;  // a heap, the earliest at the front
};

}  // namespace parlance::balancing
