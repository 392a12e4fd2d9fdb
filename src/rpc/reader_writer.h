#pragma once

#include <coroutine>
#include <optional>

#include "rpc/call_options.h"
#include "rpc/incoming.h"
#include "rpc/server_stream.h"
#include "rpc/written.h"

namespace parlance {
namespace detail {

/// False when nobody will read it.
template <typename T>
bool send(ServerStream& stream, const T& message, bool compress = true) {
  const std::size_t size_bytes = Codec<T>::size_bytes(message);
  if (std::byte* at = stream.place_message(grpc::kPrefixBytes + size_bytes)) {
    write_framed(message, size_bytes, at);
    return true;
  }
  return stream.send_message(frame_message(message), compress);
}

}  // namespace detail

/// The request stream of a client-streaming or bidirectional call.
///
///   while (auto request = co_await in.read()) use(**request);
template <typename T>
class Reader {
 public:
  explicit Reader(detail::ServerStream& stream) : stream_(stream) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  struct Read {
    detail::ServerStream& stream;
    std::optional<grpc::ReceivedMessage> message{};

    bool await_ready() { return (message = stream.try_read()).has_value() || stream.reads_ended(); }
    void await_suspend(std::coroutine_handle<> reader) { stream.wait_to_read(reader); }
    std::optional<Incoming<T>> await_resume() {
      if (!message) message = stream.try_read();
      if (!message) return std::nullopt;
      return Incoming<T>{std::move(message->payload), message->compressed};
    }
  };
  /// The next message; nothing at the end of the stream or when the call is cancelled (`call.cancelled()`
  /// tells which). One read at a time.
  Read read() { return {stream_}; }

 private:
  detail::ServerStream& stream_;
};

/// The response stream of a server-streaming or bidirectional call.
///
///   if (!co_await out.write(token)) break;   // nobody reads on
template <typename T>
class Writer {
 public:
  explicit Writer(detail::ServerStream& stream) : stream_(stream) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  struct Write {
    detail::ServerStream& stream;
    bool accepted;

    bool await_ready() const { return !accepted || !stream.send_queue_full(); }
    void await_suspend(std::coroutine_handle<> writer) { stream.wait_to_write(writer); }
    bool await_resume() const { return accepted && !stream.cancelled(); }
  };
  /// Queues the message at once; ready when the caller keeps up, so a slow reader holds its producer back.
  /// False when the call is cancelled: stop producing. The message is not needed after write() returns. One
  /// write at a time.
  Write write(const T& message, WriteOptions options = {}) {
    return {stream_, detail::send(stream_, message, options.compress)};
  }

 private:
  detail::ServerStream& stream_;
};

}  // namespace parlance
