#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>

#include "base/buffer.h"
#include "base/slab.h"
#include "base/status.h"
#include "grpc/message_reader.h"
#include "http2/connection.h"
#include "rpc/intercepted_call.h"
#include "rpc/request_head.h"
#include "rpc/server_call.h"
#include "rpc/server_errors.h"
#include "rpc/server_memory.h"

namespace parlance {

class MethodBinding;

namespace detail {

class InterceptorChain;
class ServerConnection;
class ServerLoop;

/// A gRPC call on a server's stream: the wire side of a ServerCall. Puts messages together, keeps the
/// flow-control books, writes the answer, and holds the handler's coroutine. Deletes itself when the stream
/// is gone and the handler has ended.
class ServerStream final : public ServerCall, InterceptedCall, http2::StreamObserver, TimerNode {
 public:
  /// Follows the new stream `id`; the caller gives it to the engine as its observer.
  static http2::StreamObserver* accept(ServerConnection& connection, http2::StreamId id,
                                       SharedRequestHead head, bool end_stream);
  /// The memory that holds what waits to be sent.
  std::size_t queued_memory_bytes() const;
  /// Ends the call because the server's memory runs short; the log tells. May delete this.
  void shed(const Status& status);
  /// Gives the caller more of its window once memory is there again; ends the call when it was not for
  /// `patience`. May delete this.
  void tend_held_back(Duration patience);
  bool is_held_back() const { return held_back_since_ != TimePoint::max(); }

  std::string_view peer() const override;
  void abort(const Status& status) override;
  void send_initial_metadata() override;
  bool set_compression(grpc::Encoding encoding) override;

  // --- for method bindings and the readers and writers
  // ------------------------------------------------------
  /// Unary and server streaming: the one request.
  grpc::ReceivedMessage take_request() { return std::move(request_); }
  /// The next request message if one is there, decompressed; one that cannot be ends the call.
  std::optional<grpc::ReceivedMessage> try_read();
  /// No more requests will come: END_STREAM and none left, or the call is over.
  bool reads_ended() const;
  void wait_to_read(std::coroutine_handle<> reader) { reader_waiting_ = Waiter{reader}; }

  /// Queues a message (with its prefix); false when nobody will read it. Compresses it when the call does,
  /// unless told.
  bool send_message(Buffer framed, bool compress = true);
  /// The quick way of a small message: its place in the output, prefix included, to be written before
  /// anything else is done. Null when it must take the other way.
  std::byte* place_message(std::size_t framed_bytes);
  /// Whether so much is queued that a producer should pause.
  bool send_queue_full() const;
  void wait_to_write(std::coroutine_handle<> writer);

  /// The handler's outcome, behind what it has sent. Goes through the interceptors, if there are any, and
  /// then to the caller.
  void end(const Status& status);
  /// Whether the one response of a unary or client-streaming method is for end_with(); else it is sent like
  /// any other.
  bool has_interceptors() const { return interceptors_ != nullptr; }
  /// That response, with its prefix, and OK: for the interceptors.
  void end_with(Buffer framed);
  /// What the handler threw as the call's status. Called from within its catch.
  Status status_of_exception(std::exception_ptr thrown) {
    return status_of_exception(std::move(thrown), Thrower::kHandler);
  }

  /// Hands the running handler over: `frame` is what `destroy` takes when the stream lets go of it.
  void run(void* frame, void (*destroy)(void*)) {
    handler_ = frame;
    destroy_handler_ = destroy;
  }
  /// The handler has ended; destroys it, and perhaps this.
  void handler_done();

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

 private:
  friend class ServerConnection;
  ServerStream(ServerConnection& connection, http2::StreamId id, SharedRequestHead head);
  ~ServerStream() override;

  // InterceptedCall
  ServerCall& call() override { return *this; }
  Metadata& mutable_request_metadata() override;
  void proceed() override;
  bool has_handler() const override { return handler_ != nullptr; }
  Status status_of_exception(std::exception_ptr thrown, Thrower who) override;
  void interceptors_ended(Status status, Buffer response) override;

  // http2::StreamObserver
  void on_headers(http2::HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const http2::StreamEnd& end) override;
  void on_timer() override;  // the deadline

  void begin();
  void begin_call(const Status& error);
  Status past_deadline() const;
  void start_interceptors(const Status& error);
  void request_complete();
  void start_with_only_message();
  void start_handler();
  /// `status` is what the request is found to be; another attempt would not change that, and is told so.
  Status refused(const Status& status);
  /// Ends the call because of what its request is.
  void fail(const Status& status);
  /// Sends the trailers. The first status wins.
  void finish(const Status& status);
  void send_trailers(const Status& status);
  std::size_t method_number() const;
  void count_end(StatusCode status);
  void send_head();
  void answer_plain_http();
  std::optional<grpc::ReceivedMessage> next_message();
  Result<Buffer> decoded(const grpc::ReceivedMessage& message) const;
  bool is_filtered() const;
  bool discards_input() const;
  void credit_window();
  /// Whether a message of this memory may be queued; ends the call if not.
  bool make_room(std::size_t size_bytes);
  bool has_room_to_receive(std::size_t size_bytes);
  void charge_unread(std::size_t unread_bytes);
  bool holds_back();
  void reset(const Status& status, http2::ErrorCode code);
  void cancel_and_wake();
  void delete_if_over();
  bool can_send() const { return connection_ != nullptr && !finished_; }

  ServerLoop& server_loop_;
  ServerConnection* connection_;  // null once the stream is gone
  http2::StreamId id_;
  SharedRequestHead head_;
  RequestHead* own_head_ = nullptr;  // *head_, once it is this call's alone
  const MethodBinding* binding_ = nullptr;
  grpc::MessageReader reader_;
  grpc::ReceivedMessage request_;
  std::uint64_t received_bytes_ = 0;  // of messages, as they were on the wire
  std::uint64_t sent_bytes_ = 0;
  std::size_t charged_bytes_ = 0;  // received and not yet given back to the stream's window

  std::size_t unread_bytes_ = 0;  // received and not yet taken, as the connection counts it
  MemoryCharge memory_;
  TimePoint held_back_since_ = TimePoint::max();

  void* handler_ = nullptr;
  void (*destroy_handler_)(void*) = nullptr;
  std::unique_ptr<InterceptorChain> interceptors_;  // while they run; null when the server has none
  Waiter reader_waiting_;
  Waiter writer_waiting_;

  grpc::Encoding response_encoding_ = grpc::Encoding::kIdentity;
  DeadlineGiver deadline_giver_ = DeadlineGiver::kCaller;
  http2::ErrorCode unread_ = http2::ErrorCode::kCancel;  // for a caller who does not read his status
  bool request_ended_ = false;
  bool headers_sent_ = false;
  bool finished_ = false;
  bool closing_ = false;  // in on_closed: deletion waits for its end

  friend class ServerLoop;
  std::size_t index_ = 0;  // in the loop's list of calls
};

}  // namespace detail
}  // namespace parlance
