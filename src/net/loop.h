#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/timer_heap.h"

namespace boost::asio {
class io_context;
}

namespace parlance::net {

/// Work to be done at the end of a turn: what a connection gathered during the turn leaves in one write.
/// Intrusive; the owner withdraws it (Loop::cancel_turn_end) before it dies.
class TurnEnd {
 public:
  virtual void on_turn_end() = 0;

 protected:
  ~TurnEnd();

 private:
  friend class Loop;
  TurnEnd* next_ = nullptr;
  TurnEnd* previous_ = nullptr;
};

/// One thread's event loop. Sockets, timers and calls belong to one loop and are touched on its thread alone;
/// other threads reach it by `post`. A turn is: handle what is ready, run the mailbox, fire timers, then the
/// turn ends.
class Loop {
 public:
  using Job = std::move_only_function<void()>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs turns on this thread until stop(). Jobs posted before stop() are run.
  void run();
  /// From any thread.
  void stop();

  /// From any thread: `job` runs on the loop's thread in a later turn. Wakes the loop only when its mailbox
  /// was empty.
  void post(Job job);

  /// The loop this thread runs, or null.
  static Loop* current();
  bool is_current() const { return current() == this; }

  /// The time at which the event now handled arrived; cheap. Only on the loop's thread.
  TimePoint now() const { return now_; }
  /// Reads the clock; called first by whatever the reactor wakes (sockets, the mailbox, timers).
  void begin_event() { now_ = Clock::now(); }

  // Only on the loop's thread from here on.
  void arm(TimerNode& timer, TimePoint at);
  void disarm(TimerNode& timer) { timers_.disarm(timer); }
  /// `work` is called once when this turn ends; asking again in the same turn changes nothing.
  void at_turn_end(TurnEnd& work);
  void cancel_turn_end(TurnEnd& work);
  /// 64 KiB that whoever reads may use until it returns to the loop.
  MutableBytes read_buffer() { return {read_buffer_.get(), kReadBufferBytes}; }
  boost::asio::io_context& io_context();

  static constexpr std::size_t kReadBufferBytes = 64 * 1024;

 private:
  class Impl;

  void turn();
  void run_mailbox();
  void end_turn();

  std::unique_ptr<Impl> impl_;
  TimePoint now_;
  TimerHeap timers_;
  std::unique_ptr<std::byte[]> read_buffer_;
  TurnEnd* first_ending_ = nullptr;
};

/// A loop on a thread of its own, stopped and joined by the destructor. Must not be destroyed on its own
/// thread.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();
  Loop& loop() { return loop_; }

 private:
  Loop loop_;
  std::thread thread_;
};

/// The loop that calls started outside of any loop use. Started at the first use, never stopped.
Loop& background_loop();

}  // namespace parlance::net
