#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <system_error>

#include <sys/uio.h>

#include "base/bytes.h"
#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::net {

/// What a read or a write came to. `would_block`: ask to be told when it can go on. `closed`: the peer sent
/// EOF (reads only). `error` is set when the socket is broken.
struct IoResult {
  std::size_t size_bytes = 0;
  bool would_block = false;
  bool closed = false;
  std::error_code error;
};

/// A connected socket (TCP or Unix), non-blocking, with TCP_NODELAY, that belongs to one loop. Reads and
/// writes happen when the owner calls them; the loop only tells when they can.
class TcpStream {
 public:
  class Observer {
   public:
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;

   protected:
    ~Observer() = default;
  };

  /// Takes `fd` over; it must be connected and non-blocking.
  TcpStream(Loop& loop, int fd);
  ~TcpStream();
  TcpStream(TcpStream&&) noexcept;
  TcpStream& operator=(TcpStream&&) = delete;

  /// Tells `observer` once when reading (writing) can go on. Asking while one is outstanding changes nothing.
  /// The observer must outlive the stream or the call; closing withdraws it.
  void watch_readable(Observer& observer);
  void watch_writable(Observer& observer);

  IoResult read(MutableBytes into);
  IoResult write(std::span<const iovec> parts);
  /// Sends EOF behind what was written; reading goes on.
  void shut_down_writing();
  /// Idempotent. No observer is called afterwards.
  void close();

  const Endpoint& peer() const;
  const Endpoint& local() const;

 private:
  struct Socket;
  std::shared_ptr<Socket> socket_;
};

}  // namespace parlance::net
