#pragma once

#include <expected>
#include <memory>
#include <string>

#include "net/connect.h"
#include "net/listener.h"

namespace parlance::net {

/// Where connections are made and taken other than by the kernel's sockets: this process, a simulation.
class Network : public Connector {
 public:
  /// As Listener::open. On any thread, before the loop runs or on its own.
  virtual std::expected<std::unique_ptr<Listener>, std::string> listen(Loop& loop,
                                                                       const Endpoint& endpoint) = 0;
};

}  // namespace parlance::net
