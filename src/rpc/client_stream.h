#pragma once

#include <atomic>
#include <coroutine>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/slab.h"
#include "base/status.h"
#include "base/timer_heap.h"
#include "grpc/message_reader.h"
#include "grpc/metadata.h"
#include "http2/connection.h"
#include "net/loop.h"
#include "rpc/call_options.h"
#include "rpc/call_scope.h"
#include "rpc/cancellation.h"
#include "rpc/channel.h"

namespace parlance::detail {

class ClientConnection;
class ClientTransport;
class ClientStreamRef;
struct ChannelConfig;

/// A call on a client's stream: sends, puts messages together, keeps the flow-control books, and knows how it
/// ended. Belongs to one loop; only making, dropping and posting to it may happen elsewhere. Counted by
/// ClientStreamRef; the transport holds a count while the call is open.
class ClientStream final : public http2::StreamObserver, TimerNode, CancellationListener {
 public:
  /// Starts a call on the current loop, or on the background loop from any other thread. `first_message`
  /// (with its prefix) goes out with the headers when it has a value; `half_close`: no more will follow.
  static ClientStreamRef start(const Channel& channel, std::string_view path, const CallOptions& options,
                               std::optional<Buffer> first_message, bool half_close);

  net::Loop& loop() const { return loop_; }

  // --- on the loop only
  // -------------------------------------------------------------------------------------
  /// The next response message if one is there, decompressed; one that cannot be spoils the call.
  std::optional<Buffer> try_read();
  bool has_message() const { return reader_.has_message(); }
  /// The status is known: no message but those already here will come.
  bool ended() const { return ended_; }
  const Status& status() const { return status_; }
  bool headers_received() const { return headers_received_; }
  const grpc::Metadata& initial_metadata() const { return initial_metadata_; }
  const grpc::Metadata& trailing_metadata() const { return trailing_metadata_; }

  /// False when the call has ended. Compresses when the call does, unless told.
  bool send_message(Buffer framed, bool compress = true);
  void half_close();
  bool send_queue_full() const;
  void cancel();
  /// Ends the call here with `status`; the server sees a cancellation.
  void end_with(Status status);
  /// What was received means nothing: the call ends with `status` even when the server had ended it with OK.
  void spoil(Status status);
  bool waits_for_ready() const { return wait_for_ready_; }
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

 private:
  friend class ClientTransport;
  friend class ClientStreamRef;
  ClientStream(net::Loop& loop, Channel channel, std::string_view path, const CallOptions& options);
  ~ClientStream() override = default;
  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

  // http2::StreamObserver
  void on_headers(http2::HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const http2::StreamEnd& end) override;
  void on_timer() override;      // the deadline
  void on_cancelled() override;  // of the server call that it was made for

  void inherit(ServerCall& parent);

  void begin(ClientTransport& transport);
  /// From the transport: the connection is there and has room.
  void open_on(ClientConnection& connection);
  /// From the transport: it cannot be had.
  void fail(Status status);
  Buffer encoded(Buffer framed, bool compress) const;
  Status read_encoding(http2::HeaderFields fields);
  void read_trailers(http2::HeaderFields fields);
  void end(Status status);
  void credit_window();

  void add_reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference();
  void dropped_by_caller();

  std::atomic<std::uint32_t> references_{1};
  net::Loop& loop_;
  Channel channel_;
  std::string path_;
  std::size_t send_high_water_bytes_;
  Deadline deadline_;
  bool wait_for_ready_;
  grpc::Encoding request_encoding_;
  grpc::Encoding response_encoding_ = grpc::Encoding::kIdentity;
  grpc::Metadata request_metadata_;

  ClientTransport* waiting_in_ = nullptr;   // until the stream is open
  ClientConnection* connection_ = nullptr;  // while the stream is open
  http2::StreamId id_ = 0;
  std::vector<Buffer> unsent_;  // before the stream is open
  bool half_closed_ = false;

  grpc::MessageReader reader_;
  std::size_t charged_bytes_ = 0;
  grpc::Metadata initial_metadata_;
  grpc::Metadata trailing_metadata_;
  Status status_;
  std::optional<int> http_status_;
  bool headers_received_ = false;
  bool status_received_ = false;
  bool ended_ = false;
  bool discarding_ = false;

  Waiter headers_waiting_;
  Waiter reader_waiting_;
  Waiter writer_waiting_;
  Waiter end_waiting_;
};

/// The caller's hold on a call. Dropping it cancels the call when it has not ended. May be dropped on any
/// thread.
class ClientStreamRef {
 public:
  ClientStreamRef() = default;
  explicit ClientStreamRef(ClientStream* stream) : stream_(stream) {}
  ClientStreamRef(ClientStreamRef&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  ClientStreamRef& operator=(ClientStreamRef&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~ClientStreamRef() {
    if (stream_ != nullptr) stream_->dropped_by_caller();
  }
  ClientStream& operator*() const { return *stream_; }
  ClientStream* operator->() const { return stream_; }

 private:
  ClientStream* stream_ = nullptr;
};

}  // namespace parlance::detail
