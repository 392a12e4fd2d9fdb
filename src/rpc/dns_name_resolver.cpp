#include "rpc/dns_name_resolver.h"

#include <algorithm>
#include <random>

#include <unistd.h>

#include "net/random.h"
#include "rpc/channel_core.h"
#include "rpc/service_config_choice.h"

namespace parlance::detail {
namespace {

// gRPC A2: where DNS keeps a name's service config, and how the record with it begins.
constexpr std::string_view kConfigName = "_grpc_config.";
constexpr std::string_view kConfigAttribute = "grpc_config=";

net::DnsOptions options_for(const DnsName& name) {
  net::DnsOptions options;
  if (!name.server.empty()) options.servers.push_back(name.server);
  return options;
}

std::string own_host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::optional<std::string> choice_among(const std::vector<std::string>& texts, unsigned percentage_roll) {
  const auto is_config = [](const std::string& text) { return text.starts_with(kConfigAttribute); };
  const auto found = std::ranges::find_if(texts, is_config);
  if (found == texts.end()) return std::nullopt;
  const std::string_view choices = std::string_view{*found}.substr(kConfigAttribute.size());
  const std::string host_name = own_host_name();
  auto choice = choose_from_txt(choices, {.hostname = host_name, .percentage_roll = percentage_roll});
  return choice ? *std::move(choice) : std::nullopt;
}

}  // namespace

DnsNameResolver::DnsNameResolver(net::Loop& loop, const ChannelConfig& config, DnsName name,
                                 Listener& listener)
    : loop_(loop),
      config_(config),
      name_(std::move(name)),
      listener_(listener),
      backoff_(config.options.initial_backoff, config.options.max_backoff),
      percentage_roll_(std::uniform_int_distribution{0U, 99U}(net::thread_random())) {}

DnsNameResolver::~DnsNameResolver() { loop_.disarm(*this); }

void DnsNameResolver::start() { ask(); }

void DnsNameResolver::resolve_again() {
  if (query_ == nullptr) ask_at(asked_at_ + config_.options.min_resolution_interval);
}

void DnsNameResolver::ask() {
  asked_at_ = loop_.now();
  auto dns = net::DnsResolver::open(loop_, options_for(name_));
  if (!dns) return failed(dns.error());
  dns_ = *std::move(dns);
  query_ = dns_->lookup(name_.host.host, name_.host.port, [this](auto addresses) {
    query_.reset();
    if (!addresses) return failed(addresses.error());
    if (config_.options.service_config_from_dns) return ask_for_config(*std::move(addresses));
    answer(*std::move(addresses), std::nullopt);
  });
}

// A name without such a record, or with one that does not choose this client, has no config; that is no
// failure of the name.
void DnsNameResolver::ask_for_config(net::DnsAnswer addresses) {
  const std::string name = std::string{kConfigName} + name_.host.host;
  query_ = dns_->lookup_txt(name, [this, addresses = std::move(addresses)](auto texts) mutable {
    net::DnsAnswer answered = std::move(addresses);  // the lookup goes with its query
    query_.reset();
    answer(std::move(answered), texts ? choice_among(*texts, percentage_roll_) : std::nullopt);
  });
}

void DnsNameResolver::answer(net::DnsAnswer addresses, std::optional<std::string> service_config) {
  backoff_.reset();
  if (addresses.ttl != Duration::max()) {
    ask_at(loop_.now() + std::max<Duration>(addresses.ttl, config_.options.min_resolution_interval));
  }
  listener_.on_resolved({std::move(addresses.endpoints), std::move(service_config)});
}

void DnsNameResolver::failed(const std::string& why) {
  ask_at(loop_.now() + backoff_.next());
  listener_.on_resolution_failed(why);
}

// The earlier of what was asked for counts.
void DnsNameResolver::ask_at(TimePoint at) {
  if (!armed() || at < this->at()) loop_.arm(*this, std::max(at, loop_.now()));
}

}  // namespace parlance::detail
