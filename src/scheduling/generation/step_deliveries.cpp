#include "scheduling/generation/step_deliveries.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parlance::scheduling {

std::vector<OpenSequencePtr> StepDeliveries::post() {
  std::vector<OpenSequencePtr> lost;
  while (!steps_.empty()) {
    const net::Loop* loop = steps_.front().sequence->loop;
    const auto others = std::stable_partition(
        steps_.begin(), steps_.end(), [loop](const Delivery& each) { return each.sequence->loop == loop; });
    std::vector<Delivery> here(std::make_move_iterator(steps_.begin()), std::make_move_iterator(others));
    steps_.erase(steps_.begin(), others);
    std::vector<OpenSequencePtr> readers;
    for (const Delivery& each : here) readers.push_back(each.sequence);
    const net::LoopHandle handle = readers.front()->handle;
    if (!handle.post([here = std::move(here)]() mutable { deliver(here); }))
      lost.insert(lost.end(), readers.begin(), readers.end());
  }
  return lost;
}

/// On the loop. Whoever reads may destroy any of the streams, but not the sequences held here.
void StepDeliveries::deliver(std::vector<Delivery>& steps) {
  for (Delivery& each : steps) {
    OpenSequence& sequence = *each.sequence;
    if (sequence.ended) continue;
    sequence.ended = each.step.finish.has_value();
    const bool given_up =
        each.step.finish == FinishReason::kError && sequence.paused.load(std::memory_order_acquire);
    sequence.steps.push_back(std::move(each.step));
    sequence.reader.resume();
    if (!given_up || !sequence.on_given_up || sequence.steps.empty()) continue;
    const Status why = sequence.steps.back().status;
    std::exchange(sequence.on_given_up, nullptr)(why);
  }
}

}  // namespace parlance::scheduling
