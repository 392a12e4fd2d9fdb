#pragma once

#include <memory>

#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::net {

/// A connected socket (TCP or Unix), non-blocking, with TCP_NODELAY, that belongs to one loop.
class TcpStream final : public ByteStream {
 public:
  /// Takes `fd` over; it must be connected and non-blocking.
  TcpStream(Loop& loop, int fd);
  ~TcpStream() override;

  void watch_readable(Observer& observer) override;
  void watch_writable(Observer& observer) override;
  IoResult read(MutableBytes into) override;
  IoResult write(std::span<const iovec> parts) override;
  void shut_down_writing() override;
  void close() override;
  const Endpoint& peer() const override;
  const Endpoint& local() const override;

 private:
  struct Socket;
  std::shared_ptr<Socket> socket_;
};

}  // namespace parlance::net
