#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "net/endpoint.h"

namespace parlance::detail {

/// A name that DNS turns into addresses.
struct DnsName {
  net::HostPort host;
  /// "1.2.3.4:53" of `dns://1.2.3.4/host`; empty: the system's servers.
  std::string server;
};

/// What a channel's target says (grpc/doc/naming.md).
struct Target {
  /// Addresses that need no resolver, a name that does, or why neither could be read.
  std::variant<std::vector<net::Endpoint>, DnsName, Status> means;
  /// `:authority` of the requests unless the options say otherwise; the host is what TLS checks.
  std::string authority;

  /// "host:port", "dns:[//server/]host[:port]", "ipv4:1.2.3.4:port[,…]", "ipv6:[::1]:port[,…]",
  /// "unix:/path", "unix:path". INVALID_ARGUMENT (BAD_TARGET) in `means` says what is wrong.
  static Target parse(std::string_view text);
};

}  // namespace parlance::detail
