#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rpc/cancellation.h"
#include "rpc/server_call.h"
#include "scheduling/generation/generation_mailbox.h"
#include "scheduling/generation/generation_request.h"
#include "scheduling/generation/open_sequence.h"

namespace parlance::scheduling {

/// The steps of one sequence, as they are made. Belongs to the event loop on which GenerationLoop::start()
/// was called. Destroyed before its end, it cancels the sequence: that is in one step more at most.
///
///   while (auto step = co_await stream.next()) use(*step);
class [[nodiscard]] GenerationStream {
 public:
  GenerationStream(OpenSequencePtr sequence, std::shared_ptr<GenerationMailbox> mailbox)
      : sequence_(std::move(sequence)), mailbox_(std::move(mailbox)) {}
  GenerationStream(GenerationStream&&) noexcept = default;
  GenerationStream& operator=(GenerationStream&&) = delete;
  ~GenerationStream();

  struct Next {
    GenerationStream& stream;

    bool await_ready() const { return stream.is_ready(); }
    void await_suspend(std::coroutine_handle<> reader) { stream.wait(reader); }
    std::optional<GeneratedStep> await_resume() { return stream.take(); }
  };
  /// The next step; nothing after the one that has a FinishReason. Every sequence ends with such a step. One
  /// next() at a time. Steps wait here when nobody asks: GenerationLimits::window_steps, then the sequence
  /// pauses.
  Next next() { return {*this}; }

  // What next() is made of, for who waits for several streams at once.
  /// Whether take() has something, or will never have.
  bool is_ready() const { return !sequence_->steps.empty() || sequence_->ended; }
  /// Resumes `reader` when it is, unless stop_waiting() comes first.
  void wait(std::coroutine_handle<> reader) { sequence_->reader = detail::Waiter{reader}; }
  void stop_waiting() { sequence_->reader = {}; }
  std::optional<GeneratedStep> take();

  /// Once, when the sequence ends because nobody took its steps (GenerationLimits::slow_reader, or the
  /// model's end while it was paused): `tell` gets the status then, before whoever reads comes to it. It may
  /// destroy this.
  void on_given_up(std::move_only_function<void(const Status&)> tell) {
    sequence_->on_given_up = std::move(tell);
  }

  /// Nobody wants it any more: steps that wait are dropped, and the next one is kError with CANCELLED.
  /// Nothing happens when it has ended.
  void cancel();
  /// The reader has what it wanted (a stop string was found): the sequence ends here and counts as stopped,
  /// not as left. Steps that wait are dropped, and next() has nothing more. Nothing happens when it has
  /// ended.
  void complete();

 private:
  OpenSequencePtr sequence_;
  std::shared_ptr<GenerationMailbox> mailbox_;
};

/// Cancels a stream when its call is: on RST_STREAM, a lost connection, the deadline, the server's end.
class CancelWithCall final : CancellationListener {
 public:
  /// Both outlive this.
  CancelWithCall(ServerCall& call, GenerationStream& stream) : stream_(stream) { call.on_cancelled(*this); }

 private:
  void on_cancelled() override { stream_.cancel(); }

  GenerationStream& stream_;
};

}  // namespace parlance::scheduling
