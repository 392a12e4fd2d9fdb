#include "rpc/resolver.h"

#include "rpc/channel_core.h"
#include "rpc/dns_name_resolver.h"
#include "rpc/static_resolver.h"

namespace parlance::detail {

std::unique_ptr<Resolver> Resolver::make(net::Loop& loop, const ChannelConfig& config, Listener& listener) {
  if (const auto* endpoints = std::get_if<std::vector<net::Endpoint>>(&config.means)) {
    return std::make_unique<StaticResolver>(*endpoints, listener);
  }
  return std::make_unique<DnsNameResolver>(loop, config, std::get<DnsName>(config.means), listener);
}

}  // namespace parlance::detail
