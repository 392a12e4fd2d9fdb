#include "rpc/server.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <latch>
#include <thread>

#include "base/assert.h"
#include "grpc/error_details.h"
#include "net/endpoint.h"
#include "net/in_process.h"
#include "net/listener.h"
#include "net/signals.h"
#include "net/tls_context.h"
#include "rpc/channelz_registry.h"
#include "rpc/routes.h"
#include "rpc/server_worker.h"

namespace parlance {
namespace {

using std::chrono::milliseconds;

void log_to_stderr(LogLevel level, std::string_view text) {
  if (level < LogLevel::kWarning) return;
  std::fprintf(stderr, "parlance: %.*s\n", static_cast<int>(text.size()), text.data());
}

unsigned thread_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions given) : options(std::move(given)) {
    if (!options.log) options.log = log_to_stderr;
    // Whoever waits above the high-water mark is told at the low one.
    options.http2.send_low_water_bytes =
        std::min(options.http2.send_low_water_bytes, options.send_high_water_bytes);
  }

  Result<void> open();
  void enter_registry();
  Result<void> make_workers();
  Result<void> listen(const std::string& address, detail::Speaks speaks);
  std::expected<std::unique_ptr<net::Listener>, std::string> listener_on(net::Loop& loop,
                                                                         const net::Endpoint& endpoint);

  ServerOptions options;
  MemoryBudget memory{options.memory_bytes != 0 ? options.memory_bytes : detail::default_memory_bytes()};
  detail::Routes routes;
  std::vector<std::string> addresses;
  std::vector<std::uint16_t> ports;
  std::vector<std::unique_ptr<detail::ServerWorker>> workers;
  std::unique_ptr<std::latch> drained;
  std::shared_ptr<net::InProcessNetwork> in_process = std::make_shared<net::InProcessNetwork>();
  std::atomic<bool> shutting_down = false;
  std::shared_ptr<detail::ChannelzServer> channelz = std::make_shared<detail::ChannelzServer>();
};

namespace {

Status cannot_listen(StatusCode code, std::string_view address, const std::string& why) {
  return grpc::make_error(
      code, "CANNOT_LISTEN", "cannot listen on '" + std::string{address} + "': " + why,
      {{"hop", "server"}, {"observed", std::string{address}}, {"knob", "ServerOptions::listen"}});
}

}  // namespace

Result<void> Server::Impl::make_workers() {
  std::shared_ptr<net::TlsContext> tls;
  if (options.tls) {
    auto context = net::TlsContext::server(*options.tls, /*http1_too=*/options.front != nullptr);
    if (!context) {
      return std::unexpected(grpc::make_error(StatusCode::kInvalidArgument, "TLS_CONFIGURATION",
                                              context.error(),
                                              {{"hop", "server"}, {"knob", "ServerOptions::tls"}}));
    }
    tls = *std::move(context);
  }
  std::vector<net::Loop*> loops = options.loops;
  if (loops.empty()) loops.resize(thread_count(options.threads), nullptr);
  for (net::Loop* loop : loops) {
    workers.push_back(std::make_unique<detail::ServerWorker>(loop, options, routes, memory, tls));
    workers.back()->add(*in_process->listen(workers.back()->loop(), net::InProcessNetwork::endpoint()),
                        detail::Speaks::kPlaintext);
  }
  drained = std::make_unique<std::latch>(workers.size());
  return {};
}

Result<void> Server::Impl::open() {
  if (Result<void> made = make_workers(); !made) return made;
  detail::Speaks speaks = detail::Speaks::kPlaintext;
  if (options.tls) speaks = options.accept_plaintext_too ? detail::Speaks::kEither : detail::Speaks::kTls;
  for (const std::string& address : options.listen) {
    if (Result<void> listening = listen(address, speaks); !listening) return listening;
  }
  for (const std::string& address : options.listen_plaintext) {
    if (Result<void> listening = listen(address, detail::Speaks::kPlaintext); !listening) return listening;
  }
  return {};
}

std::expected<std::unique_ptr<net::Listener>, std::string> Server::Impl::listener_on(
    net::Loop& loop, const net::Endpoint& endpoint) {
  if (options.network) return options.network->listen(loop, endpoint);
  return net::Listener::open(loop, endpoint);
}

// Every loop listens on every address; only one can listen on a Unix path, which the kernel does not share.
Result<void> Server::Impl::listen(const std::string& address, detail::Speaks speaks) {
  auto endpoint = net::Endpoint::parse(address);
  if (!endpoint)
    return std::unexpected(cannot_listen(StatusCode::kInvalidArgument, address, endpoint.error()));
  const auto in_use = options.network ? std::nullopt : net::Listener::why_not_free(*endpoint);
  if (in_use) return std::unexpected(cannot_listen(StatusCode::kUnavailable, address, *in_use));
  for (const auto& worker : workers) {
    if (endpoint->is_unix() && worker != workers.front()) break;
    auto listener = listener_on(worker->loop(), *endpoint);
    if (!listener) return std::unexpected(cannot_listen(StatusCode::kUnavailable, address, listener.error()));
    endpoint->set_port((*listener)->local().port());
    worker->add(*std::move(listener), speaks);
  }
  addresses.push_back(endpoint->to_string());
  channelz->listeners.push_back(
      {.ref = {detail::ChannelzRegistry::new_id(), addresses.back()}, .local = *endpoint, .remote = {}});
  ports.push_back(endpoint->port());
  return {};
}

void Server::Impl::enter_registry() {
  channelz->id = detail::ChannelzRegistry::new_id();
  for (const std::string& address : addresses)
    channelz->name += (channelz->name.empty() ? "" : ", ") + address;
  for (const auto& worker : workers) {
    channelz->parts.push_back({worker->loop().handle(), worker->server_loop().reference()});
  }
  detail::ChannelzRegistry::instance().add(channelz);
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
  detail::ChannelzRegistry::instance().remove_server(impl_->channelz->id);
  if (impl_->workers.empty() || ended()) return;
  require(impl_->options.loops.empty(), "Server: destroyed before it has ended, on loops of somebody else");
  shutdown(milliseconds{0});
  wait();
}

void Server::add(std::shared_ptr<Service> service) {
  require(impl_->workers.empty(), "Server::add after start()");
  impl_->routes.add(std::move(service));
}

std::vector<std::string> Server::service_names() const {
  std::vector<std::string> names;
  for (const auto& service : impl_->routes.services()) names.emplace_back(service->full_name());
  return names;
}

Result<void> Server::start() {
  require(impl_->workers.empty(), "Server::start twice");
  if (Result<void> opened = impl_->open(); !opened) {
    impl_->workers.clear();
    return opened;
  }
  for (const auto& worker : impl_->workers) worker->start();
  impl_->enter_registry();
  return {};
}

std::vector<std::string> Server::addresses() const { return impl_->addresses; }
std::vector<std::uint16_t> Server::ports() const { return impl_->ports; }

void Server::shutdown() { shutdown(impl_->options.shutdown_grace); }

void Server::shutdown(milliseconds grace) {
  if (!impl_->shutting_down.exchange(true)) {
    for (const auto& service : impl_->routes.services()) service->on_shutdown();
  }
  for (const auto& worker : impl_->workers) {
    worker->shutdown(grace, [this] { impl_->drained->count_down(); });
  }
}

void Server::wait() {
  if (impl_->drained != nullptr) impl_->drained->wait();
}

Server::MemoryUse Server::memory() const {
  const MemoryBudget& memory = impl_->memory;
  return {memory.limit_bytes(), memory.taken_bytes(), memory.most_taken_bytes()};
}

std::vector<CallStatistics> Server::call_statistics() const {
  std::vector<CallStatistics> statistics;
  if (!impl_->options.call_statistics || impl_->workers.empty()) return statistics;
  const std::vector<std::string> paths = impl_->routes.paths();
  for (std::size_t method = 0; method <= paths.size(); ++method) {
    CallStatistics& sums = statistics.emplace_back();
    sums.method = method < paths.size() ? paths[method].substr(1) : "other";
    for (const auto& worker : impl_->workers) worker->server_loop().counters()->add_to(sums, method);
  }
  return statistics;
}

bool Server::ended() const { return impl_->drained != nullptr && impl_->drained->try_wait(); }

std::shared_ptr<net::Connector> Server::in_process_connector() const { return impl_->in_process; }

Result<void> Server::run(const std::function<void()>& on_started) {
  net::SignalWait signals{{SIGTERM, SIGINT}};
  if (Result<void> started = start(); !started) return started;
  if (on_started) on_started();
  const int signal = signals.wait();
  impl_->options.log(LogLevel::kInfo,
                     std::string{"draining after "} + (signal == SIGTERM ? "SIGTERM" : "SIGINT"));
  shutdown();
  wait();
  return {};
}

}  // namespace parlance
