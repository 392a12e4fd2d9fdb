#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/timer_heap.h"
#include "net/dns_resolver.h"
#include "rpc/backoff.h"
#include "rpc/resolver.h"
#include "rpc/target.h"

namespace parlance::detail {

/// Asks DNS for all addresses of a name: at the start, when their time to live has passed, when the channel
/// finds none of them reachable, and after failures with growing pauses. Never more often than
/// ChannelOptions::min_resolution_interval.
class DnsNameResolver final : public Resolver, TimerNode {
 public:
  /// `config` and `listener` outlive it.
  DnsNameResolver(net::Loop& loop, const ChannelConfig& config, DnsName name, Listener& listener);
  ~DnsNameResolver() override;

  void start() override;
  void resolve_again() override;

 private:
  void on_timer() override { ask(); }
  void ask();
  void ask_for_config(net::DnsAnswer addresses);
  void answer(net::DnsAnswer addresses, std::optional<std::string> service_config);
  void failed(const std::string& why);
  void ask_at(TimePoint at);

  net::Loop& loop_;
  const ChannelConfig& config_;
  const DnsName name_;
  Listener& listener_;
  std::unique_ptr<net::DnsResolver> dns_;
  std::unique_ptr<net::DnsResolver::Query> query_;
  Backoff backoff_;
  TimePoint asked_at_{};
  const unsigned percentage_roll_;  // by which a config in DNS chooses its clients
};

}  // namespace parlance::detail
