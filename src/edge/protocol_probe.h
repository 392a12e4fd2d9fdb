#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/timer_heap.h"
#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::edge {

enum class Protocol : std::uint8_t { kUndecided, kHttp1, kHttp2 };

/// What a connection that begins so speaks: the preface of HTTP/2 (RFC 9113 section 3.4) begins as no request
/// of HTTP/1.1 does.
Protocol protocol_of(std::string_view first_bytes);

/// Waits for the first bytes of a connection. Belongs to one loop.
class ProtocolProbe final : net::ByteStream::Observer, TimerNode {
 public:
  class Owner {
   public:
    /// The protocol is known, and the stream and what was read of it are to be taken; or it is kUndecided:
    /// the connection ended, or its bytes did not come in time. Once; must not destroy the probe before the
    /// caller has returned to the loop.
    virtual void on_probed(ProtocolProbe& probe, Protocol protocol) = 0;

   protected:
    ~Owner() = default;
  };

  ProtocolProbe(net::Loop& loop, std::unique_ptr<net::ByteStream> stream, Owner& owner)
      : loop_(loop), stream_(std::move(stream)), owner_(owner) {}
  ~ProtocolProbe() override { loop_.disarm(*this); }
  /// To be called once, when the owner is ready to hear.
  void start(Duration patience);
  /// The owner hears no more.
  void close();

  std::unique_ptr<net::ByteStream> take_stream() { return std::move(stream_); }
  std::string take_received() { return std::move(received_); }

 private:
  void on_readable() override;
  void on_writable() override { write_own(); }
  void on_timer() override { end(Protocol::kUndecided); }
  void write_own();
  void end(Protocol protocol);

  net::Loop& loop_;
  std::unique_ptr<net::ByteStream> stream_;
  Owner& owner_;
  std::string received_;
};

}  // namespace parlance::edge
