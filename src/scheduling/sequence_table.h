#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/deadline.h"
#include "models/model_config.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "scheduling/queued_request.h"

namespace parlance::scheduling {

/// The sequences of one version: the state each is in, and its steps, which are run one after the other. Not
/// thread-safe: its queue has the lock.
class SequenceTable {
 public:
  /// `engine` is the signature with the states, which callers neither give nor get; it outlives this.
  SequenceTable(const models::SequenceConfig& config, const models::Signature& engine)
      : config_(config), engine_(engine) {}

  /// Whether the model keeps a state at all.
  bool used() const { return !config_.states.empty(); }
  std::size_t size() const { return sequences_.size(); }

  enum class Entry : std::uint8_t {
    kFirst,    // may be queued
    kBehind,   // waits until next() names it
    kUnknown,  // no such sequence, and this is no start
    kFull,     // max_sequences are open
  };
  /// A step comes.
  Entry enter(QueuedRequest& request, TimePoint now);
  /// A step that entered does not wait any more, without having been run; or it has been run. The step behind
  /// it that may be queued now, or null. The sequence ends with a step that says so.
  QueuedRequest* leave(QueuedRequest& request, TimePoint now);
  /// Nobody will step on in it.
  void end(const std::string& id);
  /// Frees those that nobody has used for max_idle.
  void drop_idle(TimePoint now);
  /// When to do that next; max() while no sequence is open.
  TimePoint next_idle() const { return sequences_.empty() ? TimePoint::max() : swept_at_ + config_.max_idle; }

  /// The state belongs to the inputs: zeros for a start, and for a request that is in no sequence. In the
  /// order of the engine.
  models::Tensors with_state(const QueuedRequest& request, models::Tensors inputs) const;
  /// What the engine made, less the state, which is kept for the next step.
  models::Tensors without_state(QueuedRequest& request, models::Tensors outputs);

 private:
  struct Sequence {
    models::Tensors state;  // in the order of config_.states; empty: zeros
    bool busy = false;      // a step is queued or running
    std::deque<QueuedRequest*> behind;
    TimePoint used{};
  };
  using Sequences = std::map<std::string, Sequence, std::less<>>;

  bool is_idle(const Sequence& sequence, TimePoint now) const {
    return !sequence.busy && now - sequence.used > config_.max_idle;
  }
  const models::Tensor* state_of(const QueuedRequest& request, std::size_t index) const;

  const models::SequenceConfig& config_;
  const models::Signature& engine_;
  Sequences sequences_;
  TimePoint swept_at_{};
};

}  // namespace parlance::scheduling
