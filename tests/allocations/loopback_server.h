#pragma once

#include <memory>
#include <string>

#include "rpc/server.h"

namespace parlance::testing {

/// A server with one loop on loopback TCP, which ends with this object; one that does not start ends the
/// process.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::shared_ptr<Service> service);
  ~LoopbackServer();
  std::string address() const { return server_.addresses().front(); }

 private:
  Server server_;
};

/// Ends the process with the call's status.
[[noreturn]] void die(const Status& status);

}  // namespace parlance::testing
