#pragma once

#include <mutex>
#include <vector>

#include "net/network.h"

namespace parlance::net {

/// A network of one place inside the process: every connection made through it, whatever the endpoint, goes
/// to its listeners in turn. No socket, no copy into the kernel. From any thread; outlived by its listeners
/// and connections without harm.
class InProcessNetwork final : public Network {
 public:
  InProcessNetwork();
  ~InProcessNetwork() override;

  /// "unix:in-process", what both ends of its connections are named; connect and listen with it.
  static const Endpoint& endpoint();

  std::expected<std::unique_ptr<Listener>, std::string> listen(Loop& loop, const Endpoint& endpoint) override;
  std::unique_ptr<ConnectAttempt> connect(Loop& loop, const Endpoint& endpoint, Duration timeout,
                                          ConnectAttempt::OnDone on_done) override;

 private:
  struct Entrance;
  class EntranceListener;
  class Attempt;
  std::shared_ptr<Entrance> next_entrance();

  std::mutex mutex_;
  std::vector<std::weak_ptr<Entrance>> entrances_;  // guarded by mutex_
  std::size_t next_ = 0;                            // guarded by mutex_
};

}  // namespace parlance::net
