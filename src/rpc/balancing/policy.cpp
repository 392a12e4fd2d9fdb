#include "rpc/balancing/policy.h"

#include "rpc/balancing/pick_first.h"
#include "rpc/balancing/round_robin.h"

namespace parlance::balancing {
namespace {

struct Make {
  PolicyHost& host;

  std::unique_ptr<Policy> operator()(const PickFirstConfig& config) const {
    return std::make_unique<PickFirst>(config, host);
  }
  std::unique_ptr<Policy> operator()(const auto& /*config*/) const {
    return std::make_unique<RoundRobin>(host);
  }
};

}  // namespace

std::unique_ptr<Policy> make_policy(const PolicyConfig& config, PolicyHost& host) {
  return std::visit(Make{host}, config);
}

}  // namespace parlance::balancing
