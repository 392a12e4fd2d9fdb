#include "app/operators_server.h"

#include <chrono>
#include <utility>

#include "base/concat.h"
#include "edge/http_front.h"
#include "net/endpoint.h"

namespace parlance::app {
namespace {

constexpr std::chrono::milliseconds kGrace{1000};

// Reached by others than this machine's programs.
bool is_public(const std::string& address) {
  const auto endpoint = net::Endpoint::parse(address);
  return endpoint && !endpoint->is_local();
}

}  // namespace

std::unique_ptr<Server> make_operators_server(OperatorsServerOptions options, const Log& log) {
  std::vector<std::shared_ptr<ServerInterceptor>> interceptors;
  if (options.interceptor != nullptr) interceptors.push_back(std::move(options.interceptor));
  return std::make_unique<Server>(
      ServerOptions{.listen = std::move(options.listen),
                    .threads = 1,
                    .interceptors = std::move(interceptors),
                    .front = edge::make_http_front({.routes = std::move(options.routes)}),
                    .shutdown_grace = kGrace,
                    .log = [&log](LogLevel level, std::string_view text) { log.write(level, text); }});
}

void log_operators_addresses(const Server& server, std::string_view what, const Log& log) {
  for (const std::string& address : server.addresses()) {
    log.info(what, {{"address", address}});
    if (is_public(address)) {
      log.warning(concat("the ", what,
                         " address can be reached from other machines: whoever reaches it can unload models"),
                  {{"address", address}});
    }
  }
}

}  // namespace parlance::app
