#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "net/byte_stream.h"
#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::net {

/// One attempt to reach a server: looks the host up when it is a name, then tries its addresses in order
/// until one accepts. Lives on one loop; destroying it gives up.
class ConnectAttempt {
 public:
  /// The stream, or every address tried and why it failed.
  using Result = std::expected<std::unique_ptr<ByteStream>, std::string>;
  using OnDone = std::move_only_function<void(Result)>;

  /// `on_done` runs once, in a later event of the loop, unless the attempt is destroyed before.
  static std::unique_ptr<ConnectAttempt> to_endpoint(Loop& loop, const Endpoint& endpoint, Duration timeout,
                                                     OnDone on_done);
  static std::unique_ptr<ConnectAttempt> to_host(Loop& loop, const HostPort& host, Duration timeout,
                                                 OnDone on_done);
  ~ConnectAttempt();

 private:
  struct State;
  explicit ConnectAttempt(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace parlance::net
