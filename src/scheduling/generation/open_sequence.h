#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/token_counts.h"
#include "net/loop.h"
#include "rpc/call_scope.h"
#include "scheduling/generation/generation_request.h"

namespace parlance::scheduling {

/// A sequence as its two sides know it: the event loop that reads it, and the thread that runs the steps.
/// Each touches its own part alone; `paused` is between them.
struct OpenSequence {
  OpenSequence(net::Loop& home, GenerationRequest wanted, std::size_t window, TimePoint now)
      : loop(&home),
        handle(home.handle()),
        window_steps(window),
        came(now),
        request(std::move(wanted)),
        prompt_tokens(request.sequence.prompt.size()),
        max_tokens(request.sequence.max_tokens),
        deadline(request.sequence.deadline),
        constraint(request.grammar ? request.grammar->begin() : nullptr) {}

  const net::Loop* const loop;  // only compared: it may be gone
  const net::LoopHandle handle;
  const std::size_t window_steps;
  const TimePoint came;

  /// Set by the engine's thread before it posts the step that fills the window, so that whoever takes that
  /// step sees it; taken back by whoever resumes.
  std::atomic<bool> paused = false;
  /// Steps that the reader took, of all that were made.
  std::atomic<std::size_t> taken = 0;

  // The event loop's.
  std::deque<GeneratedStep> steps;
  bool ended = false;  // the last step is in `steps` or was taken; what still comes is for nobody
  detail::Waiter reader;
  std::move_only_function<void(const Status&)> on_given_up;  // GenerationStream::on_given_up()

  // The engine thread's, once the sequence is in the mailbox.
  GenerationRequest request;
  const std::size_t prompt_tokens;
  const std::size_t max_tokens;
  const Deadline deadline;
  const std::unique_ptr<generation::TokenConstraint> constraint;  // null: none
  generation::SequenceId id = 0;                                  // 0: not begun, or over
  /// Begin as this one, once its prompt is computed: then they get an id, and this forgets them.
  std::vector<std::shared_ptr<OpenSequence>> siblings;
  bool has_left = false;     // of a sibling that has not begun
  TimePoint paused_since{};  // when it last paused
  generation::TokenCounts counts;
  std::size_t made = 0;
  TimePoint last_token{};  // TimePoint{}: none yet, or it was paused since
};

using OpenSequencePtr = std::shared_ptr<OpenSequence>;

}  // namespace parlance::scheduling
