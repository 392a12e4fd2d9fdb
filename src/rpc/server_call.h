#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"
#include "net/loop.h"
#include "rpc/attributes.h"
#include "rpc/call_scope.h"
#include "rpc/cancellation.h"
#include "rpc/server_errors.h"

namespace parlance {

struct ServerOptions;

using grpc::Metadata;

/// What a handler knows of the call it serves. Lives until the handler has returned and the stream is gone.
/// Belongs to the call's loop; only `cancelled()`, `deadline()` and `time_remaining()` may be asked on other
/// threads.
class ServerCall {
 public:
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;

  /// "/inference.InferenceService/Predict".
  std::string_view method() const { return method_; }
  /// The `:authority` of the request.
  std::string_view authority() const { return authority_; }
  /// "ipv4:127.0.0.1:40000".
  virtual std::string_view peer() const = 0;
  net::Loop& loop() const { return loop_; }
  /// When the request's headers came.
  TimePoint received_at() const { return received_at_; }

  /// Metadata of the request.
  const Metadata& request_metadata() const { return *request_metadata_; }
  /// Metadata to be sent before the first message; what is added later is lost.
  Metadata& initial_metadata() { return initial_metadata_; }
  /// Sends them now instead of with the first message, so that the caller sees them while it waits.
  virtual void send_initial_metadata() = 0;
  /// Metadata to be sent with the status.
  Metadata& trailing_metadata() { return trailing_metadata_; }

  /// Sent by client calls that the handler makes (unless they are detached), after the metadata of their
  /// own options: trace ids and the like.
  Metadata& propagated_metadata() { return propagated_metadata_; }
  const Metadata& propagated_metadata() const { return propagated_metadata_; }
  /// What interceptors found out about the call: who calls, for example.
  Attributes& attributes() { return attributes_; }
  const Attributes& attributes() const { return attributes_; }

  /// Tells the caller's retry policy (gRPC A6) when to try again, or, with nothing, not to: the trailer
  /// `grpc-retry-pushback-ms`. The last word counts.
  void set_retry_pushback(std::optional<std::chrono::milliseconds> after);

  /// Whether the caller asked what each hop spent (request metadata `x-parlance-hops`). The server then ends
  /// the call with a trailer of that name, "/pkg.Service/Method 12.34ms": the time since received_at(). A
  /// client call made for this one sends the request on and adds what its own trailers say of the hops
  /// below, so that the deepest hop comes first.
  bool wants_hops() const { return may_want_hops_ && request_metadata_->get(kHopsName).has_value(); }
  /// One entry of a hop below, as its trailer gave it. Beyond kMaxHops, or when the text is no metadata
  /// value, it is dropped.
  void add_hop(std::string_view entry);

  static constexpr std::string_view kHopsName = "x-parlance-hops";
  /// A fan-out must not make trailers that no client takes.
  static constexpr std::size_t kMaxHops = 64;

  /// How the response messages are compressed. False, and nothing changes, when the caller does not accept it
  /// or the initial metadata have gone out.
  virtual bool set_compression(grpc::Encoding encoding) = 0;

  /// From `grpc-timeout`, counted from receipt; never() when the caller set none.
  Deadline deadline() const { return deadline_; }
  Duration time_remaining() const { return deadline_.remaining(Clock::now()); }

  /// Ends the call before its handler does: the caller is told `status`, or sees its stream reset when he
  /// reads nothing of what is queued for him; what an HTTP answer has begun ends with that. The call is
  /// cancelled, in this turn. Nothing happens when it has ended.
  virtual void abort(const Status& status) = 0;
  /// Nobody waits for the answer any more: the caller cancelled or went away, or the deadline passed, or the
  /// server's grace ended. What the handler still returns is dropped.
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  /// Tells `listener` when the call is cancelled; at once when it already is.
  void on_cancelled(CancellationListener& listener);
  /// The same for code that takes a std::stop_token, on any thread.
  std::stop_token stop_token();

  class Sleep;
  /// `co_await call.sleep_for(50ms)`: true after that time, false as soon as the call is cancelled.
  Sleep sleep_for(Duration time);

 protected:
  /// `request_metadata` lives as long as the call.
  ServerCall(net::Loop& loop, const Metadata& request_metadata)
      : loop_(loop), request_metadata_(&request_metadata), received_at_(loop.now()) {}
  ~ServerCall() = default;
  void cancel();
  /// The deadline of a caller who gave it this long, or nothing, within the server's limits. Whose it is.
  detail::DeadlineGiver set_deadline(std::optional<Duration> timeout, const ServerOptions& options);
  /// The end of the call: this hop's entry, which is wanted.
  void add_own_hop();

  net::Loop& loop_;
  std::string_view method_;
  std::string_view authority_;
  const Metadata* request_metadata_;
  bool may_want_hops_ = true;  // false: known not to
  Metadata initial_metadata_;
  Metadata trailing_metadata_;
  Metadata propagated_metadata_;
  std::string retry_pushback_ms_;  // empty: nothing is said
  Deadline deadline_;

 private:
  const TimePoint received_at_;
  std::size_t hops_ = 0;
  Attributes attributes_;
  std::atomic<bool> cancelled_ = false;
  CancellationList listeners_;
  std::optional<std::stop_source> stop_source_;
};

class ServerCall::Sleep final : TimerNode, CancellationListener {
 public:
  Sleep(ServerCall& call, Duration time) : call_(call), until_(Deadline::after(Clock::now(), time)) {}
  ~Sleep() override;

  bool await_ready() const { return call_.cancelled(); }
  void await_suspend(std::coroutine_handle<> sleeper);
  bool await_resume() const { return !call_.cancelled(); }

 private:
  void on_timer() override { sleeper_.resume(); }
  void on_cancelled() override;

  ServerCall& call_;
  Deadline until_;
  detail::Waiter sleeper_;
};

inline ServerCall::Sleep ServerCall::sleep_for(Duration time) { return {*this, time}; }

}  // namespace parlance
