#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "base/timer_heap.h"
#include "load/messages.h"
#include "load/plan.h"
#include "rpc/client_call.h"
#include "rpc/task.h"

namespace parlance::load {

class Worker;

/// One call at a time, over and over: what a stream of the plan is. On its worker's loop only.
class Slot final : TimerNode {
 public:
  Slot(Worker& worker, const Channel& channel);

  /// Makes calls until the worker grants no more; then Worker::on_slot_done().
  void begin();
  /// The next call is meant to begin at `at`, in that phase.
  void grant(TimePoint at, std::size_t phase);
  /// For one that waits: see what there is now, a call or the end.
  void resume();
  /// When its last call ended.
  TimePoint free_since() const { return free_since_; }
  /// Ends the call under way, which is then not counted as ended.
  void cancel();

 private:
  using Bidi = ClientReaderWriter<FramedRequest, ReceivedSize>;

  // Awaited: whether there is another call to make.
  struct Start {
    Slot& slot;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> waiter) const;
    bool await_resume() const { return slot.granted_; }
  };
  // Awaited: a while passes.
  struct Pause {
    Slot& slot;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const;
    void await_resume() const;
  };
  // Awaited: the pipeline has room, or nothing more is to be written.
  struct Room {
    Slot& slot;
    bool await_ready() const { return slot.has_room(); }
    void await_suspend(std::coroutine_handle<> waiter) const { slot.writer_ = waiter; }
    void await_resume() const {}
  };
  // Awaited: write_all() has ended.
  struct WriterEnd {
    Slot& slot;
    bool await_ready() const { return !slot.writing_; }
    void await_suspend(std::coroutine_handle<> waiter) const { slot.waiter_ = waiter; }
    void await_resume() const {}
  };

  Task<void> run();
  Task<void> make_unary_calls();
  Task<void> make_server_streaming_calls();
  Task<void> make_client_streaming_calls();
  Task<void> make_bidi_calls();
  Task<void> write_all(Bidi& call);
  static void on_written(void* self);

  void on_timer() override { resume(); }
  const FramedRequest& next_request();
  void on_first_response();
  void on_answered();
  bool has_room() const;
  /// Counts the call; true when a pause is due.
  bool on_ended(const Status& status, std::string_view peer);

  Worker& worker_;
  const Plan& plan_;
  const Channel& channel_;
  const CallOptions options_;
  std::optional<Task<void>> task_;
  std::coroutine_handle<> waiter_;
  detail::ClientCallBase* call_ = nullptr;  // under way
  std::size_t next_request_ = 0;

  bool granted_ = false;
  bool cancelled_ = false;
  TimePoint begin_;
  std::size_t phase_ = 0;
  TimePoint free_since_;

  bool writing_ = false;
  bool reader_ended_ = false;
  std::coroutine_handle<> writer_;
  std::deque<TimePoint> unanswered_;  // when the requests went out that wait, with a pipeline
};

}  // namespace parlance::load
