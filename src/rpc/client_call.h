#pragma once

#include <coroutine>
#include <optional>

#include "rpc/client_stream.h"
#include "rpc/codec.h"
#include "rpc/task.h"
#include "rpc/wait.h"

namespace parlance {
namespace detail {

/// What can be awaited on the call's loop and waited for on any other thread: both forms of every client
/// operation. `Step` has await_ready/await_suspend/await_resume.
template <typename Step>
class [[nodiscard]] ClientOperation {
 public:
  ClientOperation(ClientStream& stream, Step step) : stream_(stream), step_(std::move(step)) {}

  bool await_ready() {
    require(stream_.loop().is_current(), "a client call is awaited on another loop than its own; use wait()");
    return step_.await_ready();
  }
  void await_suspend(std::coroutine_handle<> waiter) { step_.await_suspend(waiter); }
  auto await_resume() { return step_.await_resume(); }

  /// Blocks this thread; never on a loop's thread (checked).
  auto wait() { return wait_on(stream_.loop(), as_task()); }

 private:
  using Value = std::remove_cvref_t<decltype(std::declval<Step&>().await_resume())>;

  Task<Value> as_task() {
    if constexpr (std::is_void_v<Value>) {
      co_await *this;
    } else {
      co_return co_await *this;
    }
  }

  ClientStream& stream_;
  Step step_;
};

/// The bytes of a call's one response when its status is OK. More or fewer than one is INTERNAL.
Result<Buffer> only_message(ClientStream& stream);

template <typename Response>
struct ReceiveOnly {
  ClientStream& stream;
  bool half_close_first = false;
  bool await_ready() const {
    if (half_close_first) stream.half_close();
    return stream.ended();
  }
  void await_suspend(std::coroutine_handle<> waiter) { stream.wait_for_end(waiter); }
  Result<Response> await_resume() {
    Result<Buffer> bytes = only_message(stream);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    Response message;
    if (Codec<Response>::parse(message, *bytes)) return message;
    return std::unexpected(unparsable(Codec<Response>::type_name(message), bytes->size()));
  }
};

template <typename Response>
struct ReceiveNext {
  ClientStream& stream;
  bool await_ready() const { return stream.has_message() || stream.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { stream.wait_to_read(waiter); }
  std::optional<Response> await_resume() {
    std::optional<Buffer> bytes = stream.try_read();
    if (!bytes) return std::nullopt;
    Response message;
    if (Codec<Response>::parse(message, *bytes)) return message;
    stream.spoil(unparsable(Codec<Response>::type_name(message), bytes->size()));
    return std::nullopt;
  }
};

struct SendNext {
  ClientStream& stream;
  Buffer framed;
  WriteOptions options;
  bool accepted = false;
  bool await_ready() {
    accepted = stream.send_message(std::move(framed), options.compress);
    return !accepted || !stream.send_queue_full();
  }
  void await_suspend(std::coroutine_handle<> waiter) { stream.wait_to_write(waiter); }
  bool await_resume() const { return accepted && !stream.ended(); }
};

struct HalfClose {
  ClientStream& stream;
  bool await_ready() {
    stream.half_close();
    return true;
  }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() const {}
};

struct AwaitHeaders {
  ClientStream& stream;
  bool await_ready() const { return stream.headers_received() || stream.ended(); }
  void await_suspend(std::coroutine_handle<> waiter) { stream.wait_for_headers(waiter); }
  const Metadata& await_resume() const { return stream.initial_metadata(); }
};

struct AwaitEnd {
  ClientStream& stream;
  bool await_ready() const {
    stream.discard_messages();
    return stream.ended();
  }
  void await_suspend(std::coroutine_handle<> waiter) { stream.wait_for_end(waiter); }
  Status await_resume() const { return stream.status(); }
};

/// What every kind of client call has.
class ClientCallBase {
 public:
  /// Ends the call with CANCELLED; the server is told. From any thread.
  void cancel() { stream_->cancel_from_anywhere(); }
  /// The server's metadata; after the first message, or after `co_await call.headers()`.
  const Metadata& initial_metadata() const { return stream_->initial_metadata(); }
  /// After the end.
  const Metadata& trailing_metadata() const { return stream_->trailing_metadata(); }
  /// Ready when the server's metadata are here, or the call has ended.
  ClientOperation<AwaitHeaders> headers() { return {*stream_, AwaitHeaders{*stream_}}; }

 protected:
  explicit ClientCallBase(ClientStreamRef stream) : stream_(std::move(stream)) {}
  ClientStreamRef stream_;
};

}  // namespace detail

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
            detail::ClientStream::start(channel, path, options, Codec<Request>::frame(request), true)) {}

  detail::ClientOperation<detail::ReceiveOnly<Response>> response() { return {*stream_, {*stream_}}; }
  auto operator co_await() { return response(); }
  Result<Response> wait() { return response().wait(); }
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
            detail::ClientStream::start(channel, path, options, Codec<Request>::frame(request), true)) {}

  /// The next message; nothing at the end. One read at a time.
  detail::ClientOperation<detail::ReceiveNext<Response>> read() { return {*stream_, {*stream_}}; }
  /// How the call ended; ready then. Messages not read are dropped.
  detail::ClientOperation<detail::AwaitEnd> finish() { return {*stream_, {*stream_}}; }
};

/// A stream of requests, one response.
template <typename Request, typename Response>
class [[nodiscard]] ClientWriter : public detail::ClientCallBase {
 public:
  ClientWriter(const Channel& channel, std::string_view path, const CallOptions& options)
      : ClientCallBase(detail::ClientStream::start(channel, path, options, std::nullopt, false)) {}

  /// Ready when the server keeps up. False when the call has ended: `finish()` tells why. One write at a
  /// time.
  detail::ClientOperation<detail::SendNext> write(const Request& message, WriteOptions options = {}) {
    return {*stream_, {*stream_, Codec<Request>::frame(message), options}};
  }
  /// No more requests.
  detail::ClientOperation<detail::HalfClose> writes_done() { return {*stream_, {*stream_}}; }
  /// The response; says writes_done() if that was not said.
  detail::ClientOperation<detail::ReceiveOnly<Response>> finish() {
    return {*stream_, {*stream_, /*half_close=*/true}};
  }
};

/// Streams both ways; reads and writes go on independently.
template <typename Request, typename Response>
class [[nodiscard]] ClientReaderWriter : public detail::ClientCallBase {
 public:
  ClientReaderWriter(const Channel& channel, std::string_view path, const CallOptions& options)
      : ClientCallBase(detail::ClientStream::start(channel, path, options, std::nullopt, false)) {}

  detail::ClientOperation<detail::SendNext> write(const Request& message, WriteOptions options = {}) {
    return {*stream_, {*stream_, Codec<Request>::frame(message), options}};
  }
  detail::ClientOperation<detail::HalfClose> writes_done() { return {*stream_, {*stream_}}; }
  detail::ClientOperation<detail::ReceiveNext<Response>> read() { return {*stream_, {*stream_}}; }
  detail::ClientOperation<detail::AwaitEnd> finish() { return {*stream_, {*stream_}}; }
};

}  // namespace parlance
