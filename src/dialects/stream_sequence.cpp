#include "dialects/stream_sequence.h"

#include <algorithm>
#include <atomic>

#include "base/concat.h"

namespace parlance::dialects {
namespace {

/// The control character keeps them apart from ids that callers of other dialects choose.
std::string new_id() {
  static std::atomic<std::uint64_t> next{1};
  return concat("\x1fstream ", next.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace

StreamSequence::StreamSequence(scheduling::Scheduler& scheduler) : scheduler_(scheduler), id_(new_id()) {}

StreamSequence::~StreamSequence() {
  for (const auto& [model, version] : begun_) scheduler_.end_sequence(model, version, id_);
}

void StreamSequence::add(scheduling::InferenceRequest& request) {
  if (request.model.config().sequence.states.empty()) return;
  const std::pair key{request.model.model(), request.model.version()};
  const bool start = std::ranges::find(begun_, key) == begun_.end();
  if (start) begun_.push_back(key);
  request.sequence = scheduling::SequenceStep{.id = id_, .start = start};
}

}  // namespace parlance::dialects
