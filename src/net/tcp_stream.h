#pragma once

#include <memory>

#include "net/byte_stream.h"
#include "net/loop.h"
#include "net/reactor.h"

namespace parlance::net {

/// A connected socket (TCP or Unix), non-blocking, with TCP_NODELAY, that belongs to one loop.
class TcpStream final : public ByteStream, WatchedDescriptor::Watcher {
 public:
  /// Takes `fd` over; it must be connected and non-blocking.
  TcpStream(Loop& loop, int fd);
  /// The same, with the peer's address known.
  TcpStream(Loop& loop, int fd, const Endpoint& peer);
  ~TcpStream() override;

  void watch_readable(Observer& observer) override;
  void watch_writable(Observer& observer) override;
  IoResult read(MutableBytes into) override;
  IoResult write(std::span<const iovec> parts) override;
  void shut_down_writing() override;
  void close() override;
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override;

 private:
  void on_readable() override {
    loop_.begin_event();
    observer_->on_readable();
  }
  void on_writable() override {
    loop_.begin_event();
    observer_->on_writable();
  }

  Loop& loop_;
  int fd_;
  WatchedDescriptor watched_;
  Observer* observer_ = nullptr;
  Endpoint peer_;
  mutable std::unique_ptr<const Endpoint> local_;  // looked up when somebody asks
};

}  // namespace parlance::net
