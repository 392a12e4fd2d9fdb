#pragma once

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/buffer.h"
#include "base/slab.h"
#include "base/status.h"
#include "base/timer_heap.h"
#include "grpc/metadata.h"
#include "net/loop.h"
#include "rpc/attempt_plan.h"
#include "rpc/attempts.h"
#include "rpc/call_options.h"
#include "rpc/call_scope.h"
#include "rpc/cancellation.h"
#include "rpc/channel.h"
#include "rpc/client_errors.h"
#include "rpc/client_interceptor_chain.h"
#include "rpc/client_method.h"
#include "rpc/kept_messages.h"
#include "rpc/response_head.h"
#include "rpc/response_messages.h"

namespace parlance::detail {

struct ChannelConfig;
class ClientConnection;
class ClientStream;
class LoopChannel;
class OutgoingCallRef;
struct AttemptEnd;

/// A client's call, whatever attempts it takes: keeps what was sent until one attempt is answered, puts the
/// response's messages together, keeps the flow-control books, and knows how the call ended. Belongs to one
/// loop; only making, dropping and posting to it may happen elsewhere. Counted: by the caller's
/// OutgoingCallRef, by each attempt, and by the channel while the call is open.
class OutgoingCall final : TimerNode, CancellationListener {
 public:
  /// Starts a call on the current loop, or on the background loop from any other thread. `first_message`
  /// (with its prefix) goes out with the headers when it has a value; `half_close`: no more will follow.
  static OutgoingCallRef start(const Channel& channel, std::string_view path, const CallOptions& options,
                               std::optional<Buffer> first_message, bool half_close);
  /// A call of the library's own on one connection, with no second attempt and without a deadline.
  static OutgoingCallRef start_on(ClientConnection& connection, std::string_view path, Buffer request);

  net::Loop& loop() const { return loop_; }

  // --- for the caller, on the loop only
  // -----------------------------------------------------------------------
  /// The next response message if one is there, decompressed; one that cannot be spoils the call.
  std::optional<Buffer> try_read();
  bool has_message() const {
    return response_.has_message() || (interceptors_ != nullptr && interceptors_->has_kept());
  }
  /// Whether the message that try_read() gave last came compressed.
  bool message_was_compressed() const { return response_.was_compressed(); }
  /// The status is known: no message but those already here will come.
  bool ended() const { return ended_; }
  const Status& status() const { return status_; }
  bool headers_received() const { return headers_received_; }
  const grpc::Metadata& initial_metadata() const;
  const grpc::Metadata& trailing_metadata() const { return trailing_metadata_; }
  /// The backend of the attempt that was answered, as ServerCall::peer writes it; empty before.
  std::string_view peer() const { return head_ == nullptr ? std::string_view{} : head_->peer; }

  /// False when the call has ended. Compresses when the call does, unless told.
  bool send_message(Buffer framed, bool compress = true);
  void half_close();
  bool send_queue_full() const;
  void cancel();
  /// Ends the call here with `status`; the server sees a cancellation.
  void end_with(Status status);
  /// What was received means nothing: the call ends with `status` even when the server had ended it with OK.
  void spoil(Status status);
  /// Drops what was not read and what still comes, so that the end is reached.
  void discard_messages();
  /// cancel() from any thread.
  void cancel_from_anywhere();

  /// Resumed at the next message or at the end.
  void wait_to_read(std::coroutine_handle<> waiter) { reader_waiting_ = Waiter{waiter}; }
  /// Resumed when the server's metadata are here, or at the end.
  void wait_for_headers(std::coroutine_handle<> waiter) { headers_waiting_ = Waiter{waiter}; }
  /// Resumed when the queue has room, or at the end.
  void wait_to_write(std::coroutine_handle<> waiter) { writer_waiting_ = Waiter{waiter}; }
  /// Resumed at the end.
  void wait_for_end(std::coroutine_handle<> waiter) { end_waiting_ = Waiter{waiter}; }
  /// Nobody is to be resumed any more: for owners of a coroutine that they destroy.
  void forget_waiters();

  // --- for its channel and its attempts
  // -----------------------------------------------------------------------
  const ChannelConfig& config() const { return config_; }
  const ClientMethod& method() const { return *method_; }
  const std::string& path() const { return method_->path(); }
  Deadline deadline() const { return deadline_; }
  /// Until the deadline, seen from the event that is handled now, or from the call's start when it began
  /// since.
  Duration remaining_time() const { return deadline_.remaining(std::max(started_at_, loop_.now())); }
  bool waits_for_ready() const { return wait_for_ready_; }
  grpc::Encoding request_encoding() const { return request_encoding_; }
  const grpc::Metadata& request_metadata() const { return request_metadata_; }
  grpc::Metadata& request_metadata() { return request_metadata_; }
  bool half_closed() const { return half_closed_; }
  /// What a cancellation by the server comes to: it may end the stream at the deadline it was told, just
  /// before the timer here.
  Status at_its_deadline(Status status) const;

  /// The channel knows what its service config says of the call: the first attempt may begin. `config` lives
  /// until the call has ended, or is kept:
  void configure(const MethodConfig& config);
  /// The channel takes another one; the call's is part of this.
  void keep_service_config(const std::shared_ptr<const ServiceConfig>& config);
  /// No attempt can be made at all.
  void fail(Status status);
  void on_attempt_open(ClientStream& attempt);
  void on_response_head(ClientStream& attempt, const SharedResponseHead& head);
  void on_response_bytes(ClientStream& attempt, Bytes data);
  void on_send_ready() { writer_waiting_.resume(); }
  void on_attempt_ended(ClientStream& attempt, AttemptEnd end);

  // --- for its interceptors
  /// Makes the call for which they ran so far.
  void proceed();
  void limit_deadline(Deadline deadline, DeadlineSource source = DeadlineSource::kCaller);
  unsigned made_attempts() const { return made_attempts_; }
  void interceptors_ended(Status status);

  /// On the loop only.
  void add_reference() { ++references_; }
  void drop_reference() {
    if (--references_ == 0) delete_unless_awaited();
  }

 private:
  friend class OutgoingCallRef;
  OutgoingCall(net::Loop& loop, const ChannelConfig& config, const CallOptions& options);
  ~OutgoingCall() override = default;
  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

  void on_timer() override;      // the deadline
  void on_cancelled() override;  // of the server call that it was made for

  static OutgoingCall* make_here(net::Loop& loop, const Channel& channel, LoopChannel& part,
                                 std::string_view path, const CallOptions& options);
  static OutgoingCall* make_elsewhere(net::Loop& loop, const Channel& channel, std::string_view path,
                                      const CallOptions& options);
  void use(const ClientMethod* kept, std::string_view path);
  void start_clock(TimePoint now, const CallOptions& options);
  void delete_unless_awaited();
  void inherit(ServerCall& parent);
  void begin(LoopChannel& loop_channel, TimePoint now);
  void start_attempt();
  void commit(ClientStream& attempt);
  void drop_attempts(StatusCode code, const ClientStream* but = nullptr);
  void next_attempt_due();
  void disarm_next_attempt();
  void tell_writer();
  void take_head(const SharedResponseHead& head);
  /// Whether another attempt follows, or others still run.
  bool goes_on_after(const AttemptEnd& end);
  bool again_after(Duration pause);
  Status past_deadline() const;
  Status with_attempts(Status status) const;
  Status check_request_size(std::size_t framed_bytes) const;
  void hand_hops_up();
  Buffer encoded(Buffer framed, bool compress) const;
  /// Keeps it for the time when the interceptors let the call proceed.
  void hold(Buffer framed, bool compress);
  /// Filters, encodes and checks a message that is to go out.
  Result<Buffer> prepared(Buffer framed, bool compress) const;
  /// The attempts have come to `status`.
  void conclude(Status status);
  /// The next response message: decompressed, filtered.
  std::optional<Result<Buffer>> next_response();
  /// Shows the filters what they have not seen, before they are gone.
  Status filter_the_rest();
  void end(Status status);
  void credit_window();
  void dropped_by_caller();

  struct NextAttempt final : TimerNode {
    explicit NextAttempt(OutgoingCall& of) : call(of) {}
    void on_timer() override { call.next_attempt_due(); }
    OutgoingCall& call;
  };

  std::uint32_t references_ = 1;
  std::atomic<std::uint32_t> cancellations_under_way_ = 0;  // of other threads
  net::Loop& loop_;
  // Kept alive beyond the call's end, for its interceptors; until then the channel is kept by its part here.
  std::optional<Channel> channel_;
  std::shared_ptr<const ChannelConfig> own_config_;  // of the library's own calls
  const ChannelConfig& config_;
  std::unique_ptr<const ClientMethod> own_method_;  // of which the channel keeps none
  const ClientMethod* method_ = nullptr;
  TimePoint started_at_;  // about, for a call without a deadline
  Deadline deadline_;
  DeadlineSource deadline_source_ = DeadlineSource::kCaller;
  const std::optional<bool> asked_to_wait_for_ready_;
  bool wait_for_ready_;
  grpc::Encoding request_encoding_;
  grpc::Metadata request_metadata_;
  ServerCall* parent_ = nullptr;  // valid while this listens to it

  friend class LoopChannel;
  LoopChannel* loop_channel_ = nullptr;                  // once it has begun, until it has ended
  std::size_t index_ = 0;                                // in the channel's list of calls
  std::shared_ptr<const ServiceConfig> service_config_;  // once the channel has another one
  const MethodConfig* method_config_ = nullptr;          // until the end
  std::optional<AttemptPlan> plan_;                      // nothing: one attempt only
  Attempts attempts_;                                    // that have not ended
  bool is_committed_ = false;  // to the one attempt that is left: its answer is the call's
  unsigned made_attempts_ = 0;
  NextAttempt next_attempt_{*this};
  std::unique_ptr<ClientInterceptorChain> interceptors_;
  KeptMessages messages_;  // until it is committed
  bool half_closed_ = false;

  ResponseMessages response_;
  SharedResponseHead head_;
  grpc::Metadata trailing_metadata_;
  Status status_;
  bool headers_received_ = false;
  bool begun_ = false;  // the channel's reference is to be dropped at the end
  bool ended_ = false;
  bool discarding_ = false;

  Waiter headers_waiting_;
  Waiter reader_waiting_;
  Waiter writer_waiting_;
  Waiter end_waiting_;
};

/// The caller's hold on a call. Dropping it cancels the call when it has not ended. May be dropped on any
/// thread.
class OutgoingCallRef {
 public:
  OutgoingCallRef() = default;
  explicit OutgoingCallRef(OutgoingCall* call) : call_(call) {}
  OutgoingCallRef(OutgoingCallRef&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  OutgoingCallRef& operator=(OutgoingCallRef&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~OutgoingCallRef() {
    if (call_ != nullptr) call_->dropped_by_caller();
  }
  explicit operator bool() const { return call_ != nullptr; }
  OutgoingCall& operator*() const { return *call_; }
  OutgoingCall* operator->() const { return call_; }

 private:
  OutgoingCall* call_ = nullptr;
};

}  // namespace parlance::detail
