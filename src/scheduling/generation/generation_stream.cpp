#include "scheduling/generation/generation_stream.h"

#include "scheduling/errors.h"

namespace parlance::scheduling {

GenerationStream::~GenerationStream() {
  if (sequence_ == nullptr) return;
  sequence_->reader = {};
  sequence_->on_given_up = {};
  if (!std::exchange(sequence_->ended, true)) mailbox_->send(GenerationCommand::Kind::kCancel, sequence_);
}

void GenerationStream::cancel() {
  if (std::exchange(sequence_->ended, true)) return;
  mailbox_->send(GenerationCommand::Kind::kCancel, sequence_);
  sequence_->steps.clear();
  sequence_->steps.push_back({.sampled = {}, .finish = FinishReason::kError, .status = caller_left()});
  const OpenSequencePtr kept = sequence_;  // whoever goes on may destroy this
  kept->reader.resume();
}

void GenerationStream::complete() {
  if (std::exchange(sequence_->ended, true)) return;
  mailbox_->send(GenerationCommand::Kind::kComplete, sequence_);
  sequence_->steps.clear();
}

std::optional<GeneratedStep> GenerationStream::take() {
  OpenSequence& sequence = *sequence_;
  if (sequence.steps.empty()) return std::nullopt;
  GeneratedStep step = std::move(sequence.steps.front());
  sequence.steps.pop_front();
  sequence.taken.fetch_add(1, std::memory_order_release);
  if (!sequence.ended && sequence.steps.size() <= sequence.window_steps / 2 &&
      sequence.paused.exchange(false, std::memory_order_acq_rel)) {
    mailbox_->send(GenerationCommand::Kind::kResume, sequence_);
  }
  return step;
}

}  // namespace parlance::scheduling
