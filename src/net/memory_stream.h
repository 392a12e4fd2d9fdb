#pragma once

#include <memory>
#include <utility>

#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::net {

/// One end of a connection inside the process: what is written to one end is read from the other, up to
/// kCapacityBytes on their way each way. Each end belongs to its loop; both may be on one loop or on two.
/// Behaves as a socket does: EOF after shut_down_writing() or close(), an error (EPIPE) for writes to an end
/// that was closed.
class MemoryStream final : public ByteStream {
 public:
  static constexpr std::size_t kCapacityBytes = 256 * 1024;

  /// Two ends connected to each other, the first of `one`, the second of `other`, which are named so.
  struct End {
    LoopHandle loop;
    Endpoint name;
  };
  static std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> make_pair(End one,
                                                                                           End other);
  ~MemoryStream() override { close(); }

  void watch_readable(Observer& observer) override;
  void watch_writable(Observer& observer) override;
  IoResult read(MutableBytes into) override;
  IoResult write(std::span<const iovec> parts) override;
  void shut_down_writing() override;
  void close() override;
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override { return local_; }

 private:
  class Watcher;
  class Pipe;
  MemoryStream(const End& own, const End& other, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out);

  const Endpoint local_;
  const Endpoint peer_;
  const std::shared_ptr<Watcher> watcher_;
  const std::shared_ptr<Pipe> in_;
  const std::shared_ptr<Pipe> out_;
};

}  // namespace parlance::net
