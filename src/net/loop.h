#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/timer_heap.h"

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

class Loop;
class Reactor;

/// Something that exists once per loop, such as a channel's connection: the loop owns it and destroys it at
/// the latest when it is destroyed itself.
class LoopLocal {
 public:
  virtual ~LoopLocal() = default;
};

/// A way to reach a loop from any thread that stays valid when the loop is gone.
class LoopHandle {
 public:
  using Job = std::move_only_function<void()>;
  /// `job` runs on the loop's thread in a later turn. False, and the job dropped, when the loop is gone.
  bool post(Job job) const;

 private:
  friend class Loop;
  struct Mailbox;
  explicit LoopHandle(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  std::shared_ptr<Mailbox> mailbox_;
};

/// One thread's event loop. Sockets, timers and calls belong to one loop and are touched on its thread alone;
/// other threads reach it by `post`. A turn is: run the mailbox, handle what is ready, fire timers, then the
/// turn ends.
class Loop {
 public:
  using Job = LoopHandle::Job;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs turns on this thread until stop(). Jobs posted before stop() are run.
  void run();
  /// From any thread.
  void stop();
  /// In place of run(), on a thread that runs several loops by hand (a simulation): one turn with what is
  /// ready and what is due now. False when there was nothing. Does not wait, and wakes nobody at
  /// next_timer().
  bool step();
  /// When the earliest timer is due; TimePoint::max() without one.
  TimePoint next_timer() const { return timers_.empty() ? TimePoint::max() : timers_.next(); }

  /// From any thread: `job` runs on the loop's thread in a later turn. Wakes the loop only when its mailbox
  /// was empty.
  bool post(Job job) { return handle_.post(std::move(job)); }
  const LoopHandle& handle() const { return handle_; }

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
  Reactor& reactor() { return *reactor_; }
  /// What was stored under `key`, or null. Keys come from new_local_key().
  LoopLocal* local(std::uint64_t key) const;
  LoopLocal& set_local(std::uint64_t key, std::unique_ptr<LoopLocal> value);
  void drop_local(std::uint64_t key);
  /// A key that no other call ever returned. From any thread.
  static std::uint64_t new_local_key();

  static constexpr std::size_t kReadBufferBytes = 64 * 1024;

 private:
  friend class LoopHandle;

  void turn();
  bool run_mailbox();
  bool fire_timers();
  void end_turn();

  std::unique_ptr<Reactor> reactor_;
  LoopHandle handle_;
  std::vector<Job> running_;  // the mailbox being run, kept for its memory
  bool stopped_ = false;
  TimePoint now_;
  TimerHeap timers_;
  std::unique_ptr<std::byte[]> read_buffer_;
  TurnEnd* first_ending_ = nullptr;
  std::unordered_map<std::uint64_t, std::unique_ptr<LoopLocal>> locals_;
};

/// A loop on a thread of its own, stopped and joined by the destructor. Must not be destroyed on its own
/// thread.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();
  Loop& loop() { return loop_; }
  /// Stops the loop and joins its thread; idempotent. What the loop refers to may be destroyed then.
  void stop();

 private:
  Loop loop_;
  std::thread thread_;
};

/// The loop that calls started outside of any loop use. Started at the first use, never stopped.
Loop& background_loop();

}  // namespace parlance::net
