#pragma once

#include "base/buffer.h"
#include "base/slab.h"
#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"
#include "http2/connection.h"
#include "rpc/attempt_queue.h"
#include "rpc/balancing/policy.h"

namespace parlance::detail {

class ClientConnection;
class LoopChannel;
class OutgoingCall;

/// How an attempt ended.
struct AttemptEnd {
  Status status;
  grpc::Metadata trailers = {};
  /// The server is known not to have looked at the call.
  bool unprocessed = false;
  /// False: no other attempt would come to anything else.
  bool may_retry = true;
  /// The status is the server's word, to be handed on as it is.
  bool by_server = false;
};

/// One attempt of a call: first it waits for a connection, then it is a stream of one. Translates between the
/// call and HTTP/2. Deletes itself once it has ended and its stream is gone; keeps its call alive until then.
class ClientStream final : public http2::StreamObserver, public QueuedAttempt {
 public:
  /// `earlier`: attempts that were made before it.
  ClientStream(OutgoingCall& call, unsigned earlier);

  OutgoingCall& call() { return call_; }

  // --- from the channel
  /// The backend that was chosen; its policy is told when the attempt has ended.
  void set_backend(LoopChannel& channel, balancing::BackendId backend);
  /// No longer that backend: it is not ready any more.
  void clear_backend() { tell_policy(StatusCode::kUnavailable, nullptr); }
  /// Opens the stream and sends what the call has so far.
  void open_on(ClientConnection& connection);
  /// No connection is to be had.
  void fail(Status status, bool may_retry = true);

  // --- from the call
  bool is_open() const { return connection_ != nullptr; }
  ClientConnection* connection() const { return connection_; }
  void send(Buffer framed, bool half_close);
  void half_close();
  std::size_t queued_bytes() const;
  /// Gives window back (Connection::consume).
  void consume(std::size_t size_bytes);
  /// The call wants nothing more of it.
  void abandon(StatusCode code);
  /// The same because of what it sent: ends the call's attempt with `status`.
  void refuse(Status status);

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

 private:
  ~ClientStream();

  // http2::StreamObserver
  void on_headers(http2::HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const http2::StreamEnd& end) override;

  http2::StreamId open_stream();
  http2::StreamId open_with_more();
  void read_trailers(http2::HeaderFields fields);
  Status status_of(const http2::StreamEnd& end) const;
  void report(AttemptEnd end);
  void count_end(bool ok);
  void tell_policy(StatusCode code, const grpc::Metadata* trailers);

  OutgoingCall& call_;
  const unsigned earlier_;
  LoopChannel* channel_ = nullptr;  // set while the policy counts it for backend_
  balancing::BackendId backend_ = 0;
  ClientConnection* connection_ = nullptr;  // while the stream is open
  http2::StreamId id_ = 0;
  bool ended_ = false;
};

}  // namespace parlance::detail
