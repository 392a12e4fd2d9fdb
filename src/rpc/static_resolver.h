#pragma once

#include "rpc/resolver.h"

namespace parlance::detail {

/// Addresses that the target itself lists.
class StaticResolver final : public Resolver {
 public:
  StaticResolver(std::vector<net::Endpoint> endpoints, Listener& listener)
      : endpoints_(std::move(endpoints)), listener_(listener) {}

  void start() override { listener_.on_resolved({endpoints_}); }
  void resolve_again() override {}

 private:
  std::vector<net::Endpoint> endpoints_;
  Listener& listener_;
};

}  // namespace parlance::detail
