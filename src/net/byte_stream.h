#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <system_error>

#include <sys/uio.h>

#include "base/bytes.h"
#include "net/endpoint.h"

namespace parlance::net {

/// What a read or a write came to. `would_block`: ask to be told when it can go on. `closed`: the peer sent
/// EOF (reads only). `error` is set when the stream is broken, and `why` says what broke it where that is
/// more than the code.
struct IoResult {
  std::size_t size_bytes = 0;
  bool would_block = false;
  bool needs_input = false;  // writes only: nothing can be written until something was read (a handshake)
  bool closed = false;
  std::error_code error = {};
  std::string why = {};
};

/// A connected, non-blocking stream of bytes that belongs to one loop: a socket, or TLS on one. Reads and
/// writes happen when the owner calls them; the loop only tells when they can.
class ByteStream {
 public:
  class Observer {
   public:
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;

   protected:
    ~Observer() = default;
  };

  virtual ~ByteStream() = default;

  /// Tells `observer` once when reading (writing) can go on. Asking while one is outstanding changes nothing.
  /// The observer must outlive the stream or the call; closing withdraws it.
  virtual void watch_readable(Observer& observer) = 0;
  virtual void watch_writable(Observer& observer) = 0;

  /// After fewer bytes than fit, watch_readable tells when more are there.
  virtual IoResult read(MutableBytes into) = 0;
  virtual IoResult write(std::span<const iovec> parts) = 0;
  /// Bytes of the stream's own (a handshake, the rest of a record) wait to be written: call write() even with
  /// no parts.
  virtual bool wants_write() const { return false; }
  /// Sends EOF behind what was written; reading goes on.
  virtual void shut_down_writing() = 0;
  /// Idempotent. No observer is called afterwards.
  virtual void close() = 0;

  /// The cipher suite by the IANA's name ("TLS_AES_128_GCM_SHA256"); empty without TLS and before its
  /// handshake.
  virtual std::string cipher() const { return {}; }
  virtual const Endpoint& peer() const = 0;
  virtual const Endpoint& local() const = 0;
};

}  // namespace parlance::net
