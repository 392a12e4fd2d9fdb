#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::net {

struct DnsOptions {
  /// Servers to ask, each "ADDRESS" or "ADDRESS:PORT" (port 53), in this order; none: the system's.
  std::vector<std::string> servers = {};
  /// What one server is given to answer; doubled each time that all have been tried. At least 1 ms.
  Duration try_timeout = std::chrono::seconds{2};
  /// How often each server is asked. At least 1.
  int tries = 3;
  /// The whole lookup, with every name of the search list; it then fails.
  Duration timeout = std::chrono::seconds{10};
};

struct DnsAnswer {
  /// All A and AAAA records, each once, in the order in which RFC 6724 would try them; never empty. Bounded
  /// by the 64 KiB of a DNS message per family.
  std::vector<Endpoint> endpoints;
  /// How long the answer holds: the smallest TTL in it, which may be 0. Duration::max() when no server was
  /// asked (an address, localhost, the hosts file).
  Duration ttl = Duration::max();
};

/// Looks names up on a loop without blocking it. Each lookup reads the system's configuration anew
/// (resolv.conf, nsswitch.conf, hosts), has its own sockets, and is unknown to the others. Nothing is cached.
class DnsResolver {
 public:
  /// A lookup under way. Destroying it, also from within its `on_done`, ends it, and `on_done` is not called.
  class Query {
   public:
    virtual ~Query() = default;
  };
  using OnAddresses = std::move_only_function<void(std::expected<DnsAnswer, std::string>)>;
  using OnTexts = std::move_only_function<void(std::expected<std::vector<std::string>, std::string>)>;

  /// The error says which of the servers is not an address. The loop must outlive the resolver, and the
  /// lookups, which may outlive the resolver.
  static std::expected<std::unique_ptr<DnsResolver>, std::string> open(Loop& loop, DnsOptions options = {});

  /// All addresses of `host`, each with `port`. An IP address and localhost (RFC 6761 section 6.3: both
  /// families) need no server; then the hosts file is looked at, then servers are asked for A and AAAA at the
  /// same time, with the system's search list. One family is enough. `on_done` runs once, in a later event of
  /// the loop; an error names the host, what went wrong and who was asked. Only on the loop's thread.
  std::unique_ptr<Query> lookup(const std::string& host, std::uint16_t port, OnAddresses on_done);

  /// The TXT records of `name`, the strings of one record joined (RFC 7208 section 3.3); empty when there are
  /// none. Otherwise like lookup().
  std::unique_ptr<Query> lookup_txt(const std::string& name, OnTexts on_done);

 private:
  DnsResolver(Loop& loop, DnsOptions options, std::vector<Endpoint> servers);

  Loop& loop_;
  DnsOptions options_;
  std::vector<Endpoint> servers_;
};

}  // namespace parlance::net
