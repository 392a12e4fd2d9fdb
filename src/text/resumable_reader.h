#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "rpc/cancellation.h"
#include "rpc/server_call.h"
#include "text/resumable_stream.h"

namespace parlance::text {

/// A call that reads a stream's events; on the call's loop. Who reads last reads alone. When this is
/// destroyed the stream goes on without a reader, for its grace; but it ends at once when the caller has
/// cancelled.
///
///   ResumableReader reader{streams, stream, call, after};
///   while (auto event = co_await reader.next()) …
///   co_return reader.status();
class ResumableReader final : CancellationListener {
 public:
  /// Behind event number `after`. `streams` and `call` outlive this.
  ResumableReader(ResumableStreams& streams, std::shared_ptr<ResumableStream> stream, ServerCall& call,
                  std::uint64_t after);
  ~ResumableReader();

  struct Next {
    ResumableReader& reader;

    bool await_ready() const { return reader.look(); }
    void await_suspend(std::coroutine_handle<> suspended) const {
      reader.waiting_ = detail::Waiter{suspended};
    }
    std::optional<std::string> await_resume() const;
  };
  /// The next event; nothing behind the last one, when another call reads the stream, or when this one is
  /// cancelled. One next() at a time.
  Next next() { return {*this}; }

  /// After the last event: how the generation ended. ABORTED, RESUME_SUPERSEDED: another call reads the
  /// stream now. OUT_OF_RANGE, RESUME_OUT_OF_RANGE: it has not come to that number, or has dropped what
  /// follows it.
  const Status& status() const { return status_; }

 private:
  friend class ResumableStream;
  void on_cancelled() override { waiting_.resume(); }
  /// What the stream has may have been taken already.
  void on_change() {
    if (waiting_ && look()) waiting_.resume();
  }
  /// It reads too slowly. May destroy this.
  void give_up(const Status& why) { call_.abort(why); }
  /// Whether next() has what it is to give.
  bool look();

  ResumableStreams& streams_;
  const std::shared_ptr<ResumableStream> stream_;
  ServerCall& call_;
  const std::shared_ptr<ResumableStream::Reading> reading_;
  generation::ReplayBuffer::Attachment attachment_ = 0;
  std::uint64_t after_;
  detail::Waiter waiting_;
  std::optional<std::string> event_;
  Status status_;
};

}  // namespace parlance::text
