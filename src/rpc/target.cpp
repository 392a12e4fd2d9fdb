#include "rpc/target.h"

#include <algorithm>
#include <ranges>

#include "grpc/error_details.h"

namespace parlance::detail {
namespace {

constexpr std::string_view kDnsScheme = "dns:";
constexpr std::string_view kIpv4Scheme = "ipv4:";
constexpr std::string_view kIpv6Scheme = "ipv6:";
constexpr std::string_view kUnixScheme = "unix:";
constexpr std::string_view kDefaultPort = "443";  // gRPC name syntax

using Means = decltype(Target::means);

Status bad_target(std::string_view target, const std::string& why) {
  return grpc::make_error(StatusCode::kInvalidArgument, "BAD_TARGET",
                          "channel target '" + std::string{target} + "': " + why,
                          {{"hop", "client"}, {"observed", std::string{target}}, {"knob", "Channel::open"}});
}

Means endpoints(std::string_view target, std::string_view list) {
  std::vector<net::Endpoint> endpoints;
  for (const auto part : std::views::split(list, ',')) {
    auto endpoint = net::Endpoint::parse(std::string_view{part});
    if (!endpoint) return bad_target(target, endpoint.error());
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

bool names_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  if (bracket != std::string_view::npos) return host.substr(bracket).contains(':');
  return std::ranges::count(host, ':') == 1;
}

Means dns_name(std::string_view target, std::string_view server, std::string_view name) {
  std::string text{name};
  if (!names_port(name)) text.append(":").append(kDefaultPort);
  if (auto endpoint = net::Endpoint::parse(text)) return std::vector{*endpoint};
  auto host = net::HostPort::parse(text);
  if (!host) return bad_target(target, host.error());
  return DnsName{*std::move(host), std::string{server}};
}

Means meaning(std::string_view target) {
  if (target.starts_with(kUnixScheme)) return endpoints(target, target);
  if (target.starts_with(kIpv4Scheme)) return endpoints(target, target.substr(kIpv4Scheme.size()));
  if (target.starts_with(kIpv6Scheme)) return endpoints(target, target.substr(kIpv6Scheme.size()));
  if (!target.starts_with(kDnsScheme)) {
    auto host = net::HostPort::parse(target);
    if (!host) return bad_target(target, host.error());
    return dns_name(target, {}, target);
  }
  std::string_view name = target.substr(kDnsScheme.size());
  if (!name.starts_with("//")) return dns_name(target, {}, name);
  name.remove_prefix(2);
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return bad_target(target, "expected dns://[server]/host[:port]");
  return dns_name(target, name.substr(0, slash), name.substr(slash + 1));
}

std::string authority_of(const Means& means) {
  if (const auto* endpoints = std::get_if<std::vector<net::Endpoint>>(&means)) {
    const net::Endpoint& first = endpoints->front();
    return first.is_unix() ? "localhost" : first.to_string();
  }
  if (const auto* name = std::get_if<DnsName>(&means)) {
    return name->host.host + ":" + std::to_string(name->host.port);
  }
  return {};
}

}  // namespace

Target Target::parse(std::string_view text) {
  Target target;
  target.means = meaning(text);
  target.authority = authority_of(target.means);
  return target;
}

}  // namespace parlance::detail
