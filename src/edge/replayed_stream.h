#pragma once

#include <memory>
#include <string>

#include "base/timer_heap.h"
#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::edge {

/// A stream of which something was read already, to be read again by whoever gets it.
class ReplayedStream final : public net::ByteStream, TimerNode {
 public:
  ReplayedStream(net::Loop& loop, std::unique_ptr<net::ByteStream> below, std::string received)
      : loop_(loop), below_(std::move(below)), received_(std::move(received)) {}
  ~ReplayedStream() override { loop_.disarm(*this); }

  void watch_readable(Observer& observer) override;
  void watch_writable(Observer& observer) override { below_->watch_writable(observer); }
  net::IoResult read(MutableBytes into) override;
  net::IoResult write(std::span<const iovec> parts) override { return below_->write(parts); }
  bool wants_write() const override { return below_->wants_write(); }
  void shut_down_writing() override { below_->shut_down_writing(); }
  void close() override;
  std::string cipher() const override { return below_->cipher(); }
  const net::Endpoint& peer() const override { return below_->peer(); }
  const net::Endpoint& local() const override { return below_->local(); }

 private:
  void on_timer() override { observer_->on_readable(); }

  net::Loop& loop_;
  const std::unique_ptr<net::ByteStream> below_;
  std::string received_;  // until it is read again
  Observer* observer_ = nullptr;
};

}  // namespace parlance::edge
