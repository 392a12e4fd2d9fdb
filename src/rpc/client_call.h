#pragma once

#include <coroutine>
#include <optional>

#include "rpc/outgoing_call.h"
#include "rpc/received.h"
#include "rpc/task.h"
#include "rpc/wait.h"
#include "rpc/written.h"

namespace parlance {
namespace detail {

/// What can be awaited on the call's loop and waited for on any other thread: both forms of every client
/// operation. `Step` has await_ready/await_suspend/await_resume.
template <typename Step>
class [[nodiscard]] ClientOperation {
 public:
  ClientOperation(OutgoingCall& call, Step step) : call_(call), step_(std::move(step)) {}

  bool await_ready() {
    require(call_.loop().is_current(), "a client call is awaited on another loop than its own; use wait()");
    return step_.await_ready();
  }
  void await_suspend(std::coroutine_handle<> waiter) { step_.await_suspend(waiter); }
  auto await_resume() { return step_.await_resume(); }

  /// Blocks this thread; never on a loop's thread (checked).
  auto wait() { return wait_on(call_.loop(), as_task()); }

 private:
  using Value = std::remove_cvref_t<decltype(std::declval<Step&>().await_resume())>;

  Task<Value> as_task() {
    if constexpr (std::is_void_v<Value>) {
      co_await *this;
    } else {
      co_return co_await *this;
    }
  }

  OutgoingCall& call_;
  Step step_;
};

/// The bytes of a call's one response when its status is OK. More or fewer than one is INTERNAL.
Result<Buffer> only_message(OutgoingCall& call);

template <typename Response>
struct ReceiveOnly {
  OutgoingCall& call;
  bool half_close_first = false;
  bool await_ready() const {
    if (half_close_first) call.half_close();
    return call.ended();
  }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_for_end(waiter); }
  Result<typename Received<Response>::Value> await_resume() {
    Result<Buffer> bytes = only_message(call);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    return Received<Response>::from(*std::move(bytes));
  }
};

/// The same into the caller's message, which keeps its memory from one call to the next.
template <typename Response>
struct ReceiveOnlyInto {
  OutgoingCall& call;
  Response& message;
  bool await_ready() const { return call.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_for_end(waiter); }
  Status await_resume() {
    Result<Buffer> bytes = only_message(call);
    if (!bytes) return std::move(bytes.error());
    if (Codec<Response>::parse(message, *bytes)) return {};
    return unparsable("client", Codec<Response>::type_name(message), bytes->size());
  }
};

template <typename Response>
struct ReceiveNext {
  OutgoingCall& call;
  bool await_ready() const { return call.has_message() || call.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_to_read(waiter); }
  std::optional<typename Received<Response>::Value> await_resume() {
    std::optional<Buffer> bytes = call.try_read();
    if (!bytes) return std::nullopt;
    Result<typename Received<Response>::Value> message = Received<Response>::from(*std::move(bytes));
    if (message) return *std::move(message);
    call.spoil(message.error());
    return std::nullopt;
  }
};

template <typename Response>
struct ReceiveNextInto {
  OutgoingCall& call;
  Response& message;
  bool await_ready() const { return call.has_message() || call.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_to_read(waiter); }
  bool await_resume() {
    std::optional<Buffer> bytes = call.try_read();
    if (!bytes) return false;
    if (Codec<Response>::parse(message, *bytes)) return true;
    call.spoil(unparsable("client", Codec<Response>::type_name(message), bytes->size()));
    return false;
  }
};

struct SendNext {
  OutgoingCall& call;
  Buffer framed;
  WriteOptions options;
  bool accepted = false;
  bool await_ready() {
    accepted = call.send_message(std::move(framed), options.compress);
    return !accepted || !call.send_queue_full();
  }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_to_write(waiter); }
  bool await_resume() const { return accepted && !call.ended(); }
};

struct HalfClose {
  OutgoingCall& call;
  bool await_ready() {
    call.half_close();
    return true;
  }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() const {}
};

struct AwaitHeaders {
  OutgoingCall& call;
  bool await_ready() const { return call.headers_received() || call.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_for_headers(waiter); }
  const Metadata& await_resume() const { return call.initial_metadata(); }
};

struct AwaitEnd {
  OutgoingCall& call;
  bool await_ready() const {
    call.discard_messages();
    return call.ended();
  }
  void await_suspend(std::coroutine_handle<> waiter) { call.wait_for_end(waiter); }
  Status await_resume() const { return call.status(); }
};

/// What every kind of client call has.
class ClientCallBase {
 public:
  /// Ends the call with CANCELLED; the server is told. From any thread.
  void cancel() { call_->cancel_from_anywhere(); }
  /// The server's metadata; after the first message, or after `co_await call.headers()`.
  const Metadata& initial_metadata() const { return call_->initial_metadata(); }
  /// After the end.
  const Metadata& trailing_metadata() const { return call_->trailing_metadata(); }
  /// The server that answered, "ipv4:127.0.0.1:50051"; empty until one did. After the first message or the
  /// end.
  std::string_view peer() const { return call_->peer(); }
  /// Whether the message read last came compressed.
  bool message_was_compressed() const { return call_->message_was_compressed(); }
  /// Ready when the server's metadata are here, or the call has ended.
  ClientOperation<AwaitHeaders> headers() { return {*call_, AwaitHeaders{*call_}}; }

 protected:
  explicit ClientCallBase(OutgoingCallRef call) : call_(std::move(call)) {}
  OutgoingCallRef call_;
};

}  // namespace detail

// Where `Response` is a view, what comes is an Incoming<Response>, which owns the bytes; where `Request` is a
// Fields, it is written when it is handed over.

/// A call with one request and one response. It is on its way when it is made; awaiting it takes the
/// response.
///
///   Result<Reply> reply = co_await client.Predict(request, {.timeout = 50ms});
///   Result<Reply> reply = client.Predict(request).wait();
///
/// Dropping it before the end cancels the call.
template <typename Response>
class [[nodiscard]] UnaryCall : public detail::ClientCallBase {
 public:
  template <typename Request>
  UnaryCall(const Channel& channel, std::string_view path, const Request& request, const CallOptions& options)
      : ClientCallBase(
            detail::OutgoingCall::start(channel, path, options, detail::frame_message(request), true)) {}

  detail::ClientOperation<detail::ReceiveOnly<Response>> response() { return {*call_, {*call_}}; }
  auto operator co_await() { return response(); }
  auto wait() { return response().wait(); }  // Result<Response>
  /// The response in a message of the caller's, which must outlive the await: one that is used for call after
  /// call keeps the memory of its strings and repeated fields. What it held before is gone; it means nothing
  /// unless the status is OK.
  ///
  ///   Status status = co_await client.Predict(request).into(reply);
  ///   Status status = client.Predict(request).into(reply).wait();
  detail::ClientOperation<detail::ReceiveOnlyInto<Response>> into(Response& message)
    requires(!wire::View<Response>)
  {
    return {*call_, {*call_, message}};
  }
};

/// One request, a stream of responses.
///
///   auto tokens = client.Generate(request);
///   while (auto token = co_await tokens.read()) …
///   Status status = co_await tokens.finish();
template <typename Response>
class [[nodiscard]] ClientReader : public detail::ClientCallBase {
 public:
  template <typename Request>
  ClientReader(const Channel& channel, std::string_view path, const Request& request,
               const CallOptions& options)
      : ClientCallBase(
            detail::OutgoingCall::start(channel, path, options, detail::frame_message(request), true)) {}

  /// The next message; nothing at the end. One read at a time.
  detail::ClientOperation<detail::ReceiveNext<Response>> read() { return {*call_, {*call_}}; }
  /// The same into the caller's message (UnaryCall::into). False at the end.
  detail::ClientOperation<detail::ReceiveNextInto<Response>> read_into(Response& message)
    requires(!wire::View<Response>)
  {
    return {*call_, {*call_, message}};
  }
  /// How the call ended; ready then. Messages not read are dropped.
  detail::ClientOperation<detail::AwaitEnd> finish() { return {*call_, {*call_}}; }
};

/// A stream of requests, one response.
template <typename Request, typename Response>
class [[nodiscard]] ClientWriter : public detail::ClientCallBase {
 public:
  ClientWriter(const Channel& channel, std::string_view path, const CallOptions& options)
      : ClientCallBase(detail::OutgoingCall::start(channel, path, options, std::nullopt, false)) {}

  /// Ready when the server keeps up. False when the call has ended: `finish()` tells why. One write at a
  /// time.
  detail::ClientOperation<detail::SendNext> write(const Request& message, WriteOptions options = {}) {
    return {*call_, {*call_, detail::frame_message(message), options}};
  }
  /// No more requests.
  detail::ClientOperation<detail::HalfClose> writes_done() { return {*call_, {*call_}}; }
  /// The response; says writes_done() if that was not said.
  detail::ClientOperation<detail::ReceiveOnly<Response>> finish() {
    return {*call_, {*call_, /*half_close=*/true}};
  }
};

/// Streams both ways; reads and writes go on independently.
template <typename Request, typename Response>
class [[nodiscard]] ClientReaderWriter : public detail::ClientCallBase {
 public:
  ClientReaderWriter(const Channel& channel, std::string_view path, const CallOptions& options)
      : ClientCallBase(detail::OutgoingCall::start(channel, path, options, std::nullopt, false)) {}

  detail::ClientOperation<detail::SendNext> write(const Request& message, WriteOptions options = {}) {
    return {*call_, {*call_, detail::frame_message(message), options}};
  }
  detail::ClientOperation<detail::HalfClose> writes_done() { return {*call_, {*call_}}; }
  detail::ClientOperation<detail::ReceiveNext<Response>> read() { return {*call_, {*call_}}; }
  detail::ClientOperation<detail::ReceiveNextInto<Response>> read_into(Response& message)
    requires(!wire::View<Response>)
  {
    return {*call_, {*call_, message}};
  }
  detail::ClientOperation<detail::AwaitEnd> finish() { return {*call_, {*call_}}; }
};

}  // namespace parlance
