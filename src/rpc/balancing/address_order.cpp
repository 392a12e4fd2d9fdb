#include "rpc/balancing/address_order.h"

#include <algorithm>
#include <utility>

namespace parlance::balancing {
namespace {

bool is_ipv6(const Backend& backend) { return backend.address.starts_with('['); }

}  // namespace

std::vector<Backend> interleave_families(std::span<const Backend> backends) {
  if (backends.empty()) return {};
  const bool first_family = is_ipv6(backends.front());
  std::vector<const Backend*> families[2];
  for (const Backend& backend : backends)
    families[is_ipv6(backend) == first_family ? 0 : 1].push_back(&backend);

  std::vector<Backend> order;
  order.reserve(backends.size());
  for (std::size_t turn = 0; turn < std::max(families[0].size(), families[1].size()); ++turn) {
    for (const auto& family : families) {
      if (turn < family.size()) order.push_back(*family[turn]);
    }
  }
  return order;
}

void shuffle(std::span<Backend> backends, PolicyHost& host) {
  for (std::size_t left = backends.size(); left > 1; --left) {
    std::swap(backends[left - 1], backends[host.random() % left]);
  }
}

}  // namespace parlance::balancing
