#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/replay_buffer.h"
#include "net/loop.h"
#include "rpc/call_scope.h"
#include "scheduling/alarms.h"
#include "text/generate.h"

namespace parlance::text {

class ResumableReader;
class ResumableStreams;

/// A piece of text as the dialect's messages: each is an event with a number of its own, from 1 on.
using EncodePiece = std::vector<std::string> (*)(TextPiece piece, bool is_first,
                                                 const std::string& request_id);

/// One generation, whose events are kept for a client that loses its connection. The generation stays on the
/// event loop on which it was begun; who reads (ResumableReader) may be on any. Events that nobody has taken
/// are never dropped: when the buffer is full of them the generation waits.
class ResumableStream final : public scheduling::Alarms::Sleeper,
                              public std::enable_shared_from_this<ResumableStream> {
 public:
  struct Options {
    std::string token;
    std::string owner;  // empty: nobody has proved who he is
    std::string request_id;
    generation::ReplayLimits limits;
    Duration grace;  // without a reader it is ended after this
    EncodePiece encode;
  };
  /// On the loop that the generation is to live on. `streams` outlives this.
  ResumableStream(ResumableStreams& streams, Options options);

  const std::string& token() const { return options_.token; }
  const std::string& owner() const { return options_.owner; }

  /// Once, on that loop; of one sequence.
  void start(Generation generation);
  /// Ends the generation, and whoever reads with `why`. From any thread, also twice.
  void close(const Status& why);
  /// Whether nobody reads.
  bool is_unread();

  /// Nobody may have come back.
  void on_alarm() override;

 private:
  friend class ResumableReader;

  /// Who reads, as the other loop knows it.
  struct Reading {
    const net::Loop* where;
    net::LoopHandle loop;
    ResumableReader* reader;  // that loop's; null: it has left
  };
  /// A coroutine that is destroyed with this, wherever it waits.
  struct Pump {
    struct promise_type {
      Pump get_return_object() { return Pump{std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_always final_suspend() const noexcept { return {}; }
      void return_void() const {}
      [[noreturn]] void unhandled_exception() const { std::terminate(); }
    };
    Pump() = default;
    explicit Pump(std::coroutine_handle<promise_type> made) : handle(made) {}
    Pump(Pump&& other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    Pump& operator=(Pump&& other) noexcept {
      std::swap(handle, other.handle);
      return *this;
    }
    ~Pump() {
      if (handle) handle.destroy();
    }
    std::coroutine_handle<promise_type> handle;
  };
  /// Until there is room for an event.
  struct Room {
    ResumableStream& stream;

    bool await_ready() const { return !stream.must_wait(); }
    void await_suspend(std::coroutine_handle<> pump) const { stream.waiting_pump_ = detail::Waiter{pump}; }
    void await_resume() const {}
  };

  static Pump pump(ResumableStream& stream, Generation generation);
  void append(TextPiece piece, bool is_first);
  void end(const Status& status);
  bool must_wait();
  bool has_room() const;            // with the lock held
  bool take(std::uint64_t number);  // likewise; whether the pump is to be woken
  static void wake(const std::shared_ptr<Reading>& reading);
  void give_up_reader(const Status& why);
  static void tell(const std::shared_ptr<Reading>& reading,
                   std::move_only_function<void(ResumableReader&)> what);
  void wake_pump();

  ResumableStreams& streams_;
  const Options options_;
  const net::LoopHandle home_;

  std::mutex mutex_;
  // All guarded by mutex_.
  generation::ReplayBuffer events_;
  std::uint64_t taken_ = 0;  // the last event that its reader has
  std::shared_ptr<Reading> reading_;
  std::optional<Status> ended_;  // what comes behind the last event
  bool is_closed_ = false;
  bool pump_waits_ = false;
  TimePoint unread_since_{};

  // The home loop's.
  detail::Waiter waiting_pump_;
  Pump pump_;
};

}  // namespace parlance::text
