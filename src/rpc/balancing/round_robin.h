#pragma once

#include <cstdint>

#include "rpc/balancing/connect_to_all.h"

namespace parlance::balancing {

/// "round_robin": every ready backend in turn, from a random one on, so that many clients do not all begin
/// with the same.
class RoundRobin final : public ConnectToAll {
 public:
  explicit RoundRobin(PolicyHost& host) : ConnectToAll(host), turn_(host.random()) {}

 private:
  BackendId choose() override { return ready()[turn_++ % ready().size()]; }

  std::uint64_t turn_;
};

}  // namespace parlance::balancing
