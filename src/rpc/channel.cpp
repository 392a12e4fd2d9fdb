#include "rpc/channel.h"

#include <algorithm>

#include "base/version.h"
#include "grpc/error_details.h"
#include "rpc/channel_core.h"
#include "rpc/client_transport.h"

namespace parlance {
namespace {

using Address = decltype(detail::ChannelConfig::address);

constexpr std::string_view kDnsScheme = "dns:";
constexpr std::string_view kIpv4Scheme = "ipv4:";
constexpr std::string_view kIpv6Scheme = "ipv6:";

Status bad_target(std::string_view target, const std::string& why) {
  return grpc::make_error(StatusCode::kInvalidArgument, "BAD_TARGET",
                          "channel target '" + std::string{target} + "': " + why,
                          {{"observed", std::string{target}}});
}

Address endpoint_or_status(std::string_view target, std::string_view text) {
  auto endpoint = net::Endpoint::parse(text);
  if (!endpoint) return bad_target(target, endpoint.error());
  return *endpoint;
}

// gRPC name syntax: a scheme, else a host (grpc/doc/naming.md).
Address parse_target(std::string_view target) {
  std::string_view text = target;
  if (text.starts_with("unix:")) return endpoint_or_status(target, text);
  if (text.starts_with(kIpv4Scheme)) return endpoint_or_status(target, text.substr(kIpv4Scheme.size()));
  if (text.starts_with(kIpv6Scheme)) return endpoint_or_status(target, text.substr(kIpv6Scheme.size()));
  if (text.starts_with(kDnsScheme)) {
    text.remove_prefix(kDnsScheme.size());
    if (text.starts_with("//")) {
      const std::size_t path = text.find('/', 2);
      if (path != 2) return bad_target(target, "a DNS server of one's own (dns://SERVER/…) is not supported");
      text.remove_prefix(3);
    }
  }
  if (auto endpoint = net::Endpoint::parse(text)) return *endpoint;
  auto host = net::HostPort::parse(text);
  if (!host) return bad_target(target, host.error());
  return *host;
}

std::string authority_of(const Address& address) {
  if (const auto* endpoint = std::get_if<net::Endpoint>(&address)) {
    return endpoint->is_unix() ? "localhost" : endpoint->to_string();
  }
  if (const auto* host = std::get_if<net::HostPort>(&address))
    return host->host + ":" + std::to_string(host->port);
  return {};
}

void set_tls(detail::ChannelConfig& config, const TlsClientOptions& options) {
  auto context = net::TlsContext::client(options);
  if (context) {
    config.tls = *std::move(context);
  } else {
    config.address = grpc::make_error(StatusCode::kInvalidArgument, "TLS_CONFIGURATION", context.error(),
                                      {{"knob", "ChannelOptions::tls"}});
  }
}

std::string user_agent_of(const ChannelOptions& options) {
  const std::string own = "grpc-c++-parlance/" + std::string{kVersion};
  return options.user_agent.empty() ? own : options.user_agent + " " + own;
}

}  // namespace

Channel Channel::open(std::string_view target, ChannelOptions options) {
  auto config = std::make_shared<detail::ChannelConfig>();
  config->target = target;
  config->address = parse_target(target);
  config->authority = options.authority.empty() ? authority_of(config->address) : options.authority;
  config->user_agent = user_agent_of(options);
  if (options.tls) set_tls(*config, *options.tls);
  config->options = std::move(options);
  // Whoever waits above the high-water mark is told at the low one.
  config->options.http2.send_low_water_bytes =
      std::min(config->options.http2.send_low_water_bytes, config->options.send_high_water_bytes);
  return Channel{std::make_shared<detail::ChannelCore>(std::move(config))};
}

const std::string& Channel::target() const { return core_->config().target; }

namespace detail {

std::string ChannelConfig::host() const {
  const auto parsed = net::HostPort::parse(authority);
  return parsed ? parsed->host : authority;
}

ChannelCore::ChannelCore(std::shared_ptr<const ChannelConfig> config) : config_(std::move(config)) {}

ChannelCore::~ChannelCore() {
  for (const auto& [loop, handle] : loops_) {
    handle.post([key = key_] { net::Loop::current()->drop_local(key); });
  }
}

void ChannelCore::attach(net::Loop& loop) {
  const std::lock_guard lock{mutex_};
  for (const auto& [attached, handle] : loops_) {
    if (attached == &loop) return;
  }
  loops_.emplace_back(&loop, loop.handle());
}

ClientTransport& ChannelCore::Key::transport_on(net::Loop& loop) const {
  net::LoopLocal* existing = loop.local(number);
  if (existing == nullptr) {
    existing = &loop.set_local(number, std::make_unique<ClientTransport>(loop, config));
  }
  return static_cast<ClientTransport&>(*existing);
}

}  // namespace detail
}  // namespace parlance
