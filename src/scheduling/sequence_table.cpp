#include "scheduling/sequence_table.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace parlance::scheduling {
namespace {

models::Tensor zeros(const models::TensorSpec& spec) {
  models::Shape shape = spec.shape;
  std::ranges::replace(shape, models::kAnyDimension, std::int64_t{1});
  Buffer buffer = Buffer::allocate(models::element_count(shape).value_or(0) * models::size_bytes(spec.type));
  if (!buffer.empty()) std::ranges::fill(buffer.writable(), std::byte{0});
  return models::Tensor::owning(spec.name, spec.type, std::move(shape), std::move(buffer));
}

}  // namespace

void SequenceTable::drop_idle(TimePoint now) {
  std::erase_if(sequences_, [&](const auto& entry) { return is_idle(entry.second, now); });
  swept_at_ = now;
}

SequenceTable::Entry SequenceTable::enter(QueuedRequest& request, TimePoint now) {
  if (request.step == nullptr) return Entry::kFirst;
  auto found = sequences_.find(request.step->id);
  if (found != sequences_.end() && is_idle(found->second, now)) {
    sequences_.erase(found);
    found = sequences_.end();
  }
  if (found == sequences_.end()) {
    if (!request.step->start) return Entry::kUnknown;
    if (sequences_.empty()) swept_at_ = now;
    if (sequences_.size() >= config_.max_sequences) drop_idle(now);
    if (sequences_.size() >= config_.max_sequences) return Entry::kFull;
    found = sequences_.emplace(request.step->id, Sequence{}).first;
  }
  found->second.used = now;
  if (!std::exchange(found->second.busy, true)) return Entry::kFirst;
  found->second.behind.push_back(&request);
  request.is_behind = true;
  return Entry::kBehind;
}

QueuedRequest* SequenceTable::leave(QueuedRequest& request, TimePoint now) {
  if (request.step == nullptr) return nullptr;
  const auto found = sequences_.find(request.step->id);
  if (found == sequences_.end()) return nullptr;
  Sequence& sequence = found->second;
  sequence.used = now;
  if (std::exchange(request.is_behind, false)) {
    std::erase(sequence.behind, &request);
    return nullptr;
  }
  if (!sequence.behind.empty()) {
    QueuedRequest* next = sequence.behind.front();
    sequence.behind.pop_front();
    next->is_behind = false;
    if (request.step->end) sequence.state.clear();
    return next;
  }
  sequence.busy = false;
  if (request.step->end) sequences_.erase(found);
  return nullptr;
}

void SequenceTable::end(const std::string& id) {
  const auto found = sequences_.find(id);
  if (found != sequences_.end() && !found->second.busy) sequences_.erase(found);
}

const models::Tensor* SequenceTable::state_of(const QueuedRequest& request, std::size_t index) const {
  if (request.step == nullptr || request.step->start) return nullptr;
  const auto found = sequences_.find(request.step->id);
  if (found == sequences_.end() || found->second.state.empty()) return nullptr;
  return &found->second.state[index];
}

models::Tensors SequenceTable::with_state(const QueuedRequest& request, models::Tensors inputs) const {
  models::Tensors all;
  all.reserve(engine_.inputs.size());
  auto given = inputs.begin();
  for (const models::TensorSpec& spec : engine_.inputs) {
    const auto state = std::ranges::find(config_.states, spec.name, &models::SequenceConfig::State::input);
    if (state == config_.states.end()) {
      all.push_back(std::move(*given++));
      continue;
    }
    const models::Tensor* kept = state_of(request, static_cast<std::size_t>(state - config_.states.begin()));
    all.push_back(kept == nullptr ? zeros(spec) : kept->named(spec.name));
  }
  return all;
}

models::Tensors SequenceTable::without_state(QueuedRequest& request, models::Tensors outputs) {
  models::Tensors state;
  models::Tensors answer;
  std::vector<std::optional<models::Tensor>> kept(config_.states.size());
  for (models::Tensor& output : outputs) {
    const auto found =
        std::ranges::find(config_.states, output.name(), &models::SequenceConfig::State::output);
    if (found == config_.states.end())
      answer.push_back(std::move(output));
    else
      kept[static_cast<std::size_t>(found - config_.states.begin())] = std::move(output);
  }
  const auto sequence = request.step == nullptr ? sequences_.end() : sequences_.find(request.step->id);
  if (sequence == sequences_.end() ||
      !std::ranges::all_of(kept, [](const auto& each) { return each.has_value(); }))
    return answer;
  for (std::optional<models::Tensor>& each : kept) state.push_back(*std::move(each));
  sequence->second.state = std::move(state);
  return answer;
}

}  // namespace parlance::scheduling
