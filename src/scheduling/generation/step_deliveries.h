#pragma once

#include <utility>
#include <vector>

#include "scheduling/generation/open_sequence.h"

namespace parlance::scheduling {

/// Steps on their way to those who read them: one job for each event loop.
class StepDeliveries {
 public:
  void add(OpenSequencePtr sequence, GeneratedStep step) {
    steps_.push_back({std::move(sequence), std::move(step)});
  }
  /// All that was added. Returns the sequences whose loop is gone: nobody reads them.
  std::vector<OpenSequencePtr> post();

 private:
  struct Delivery {
    OpenSequencePtr sequence;
    GeneratedStep step;
  };
  static void deliver(std::vector<Delivery>& steps);

  std::vector<Delivery> steps_;
};

}  // namespace parlance::scheduling
