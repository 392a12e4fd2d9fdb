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
#include "net/listener.h"
#include "net/loop.h"
#include "net/signals.h"
#include "rpc/routes.h"
#include "rpc/server_connection.h"

namespace parlance {
namespace {

using std::chrono::milliseconds;

// Time for the last answers and GOAWAYs to be written before connections are cut.
constexpr milliseconds kFarewell{500};

void log_to_stderr(LogLevel level, std::string_view text) {
  if (level < LogLevel::kWarning) return;
  std::fprintf(stderr, "parlance: %.*s\n", static_cast<int>(text.size()), text.data());
}

unsigned thread_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

// One loop of the server: its thread, its listeners, its connections.
class Server::Worker final : TimerNode {
 public:
  Worker(const ServerOptions& options, const detail::Routes& routes)
      : server_loop_(thread_.loop(), options, routes) {}
  ~Worker() { thread_.stop(); }

  net::Loop& loop() { return thread_.loop(); }
  std::vector<std::unique_ptr<net::Listener>>& listeners() { return listeners_; }

  void start() {
    loop().post([this] {
      for (const auto& listener : listeners_) {
        listener->start([this](net::TcpStream stream) { server_loop_.add_connection(std::move(stream)); });
      }
    });
  }

  // From any thread. `on_empty` is called once, on the loop's thread.
  void shutdown(milliseconds grace, std::function<void()> on_empty) {
    loop().post([this, grace, on_empty = std::move(on_empty)]() mutable {
      if (std::exchange(stage_, std::max(stage_, Stage::kDraining)) == Stage::kServing) {
        for (const auto& listener : listeners_) listener->close();
        arm(grace);
        server_loop_.begin_shutdown([this, on_empty = std::move(on_empty)] {
          loop().disarm(*this);
          on_empty();
        });
      } else if (stage_ == Stage::kDraining && loop().now() + grace < at()) {
        arm(grace);
      }
    });
  }

 private:
  enum class Stage : std::uint8_t { kServing, kDraining, kEnding };

  void arm(milliseconds after) { loop().arm(*this, loop().now() + after); }

  void on_timer() override {
    if (std::exchange(stage_, Stage::kEnding) == Stage::kDraining) {
      arm(kFarewell);
      server_loop_.end_calls();
    } else {
      server_loop_.close_connections();
    }
  }

  net::LoopThread thread_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  detail::ServerLoop server_loop_;
  Stage stage_ = Stage::kServing;
};

class Server::Impl {
 public:
  explicit Impl(ServerOptions given) : options(std::move(given)) {
    if (!options.log) options.log = log_to_stderr;
  }

  Result<void> listen();

  ServerOptions options;
  detail::Routes routes;
  std::vector<std::string> addresses;
  std::vector<std::uint16_t> ports;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<std::latch> drained;
  std::atomic<bool> shutting_down = false;
};

namespace {

Status cannot_listen(StatusCode code, std::string_view address, const std::string& why) {
  return grpc::make_error(code, "CANNOT_LISTEN", "cannot listen on '" + std::string{address} + "': " + why,
                          {{"observed", std::string{address}}, {"knob", "ServerOptions::listen"}});
}

}  // namespace

// Every loop listens on every address; only one can listen on a Unix path, which the kernel does not share.
Result<void> Server::Impl::listen() {
  for (const std::string& address : options.listen) {
    auto endpoint = net::Endpoint::parse(address);
    if (!endpoint)
      return std::unexpected(cannot_listen(StatusCode::kInvalidArgument, address, endpoint.error()));
    for (const auto& worker : workers) {
      if (endpoint->is_unix() && worker != workers.front()) break;
      auto listener = net::Listener::open(worker->loop(), *endpoint);
      if (!listener)
        return std::unexpected(cannot_listen(StatusCode::kUnavailable, address, listener.error()));
      endpoint->set_port((*listener)->local().port());
      worker->listeners().push_back(*std::move(listener));
    }
    addresses.push_back(endpoint->to_string());
    ports.push_back(endpoint->port());
  }
  return {};
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
  if (impl_->workers.empty()) return;
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
  const unsigned threads = thread_count(impl_->options.threads);
  for (unsigned i = 0; i < threads; ++i) {
    impl_->workers.push_back(std::make_unique<Worker>(impl_->options, impl_->routes));
  }
  impl_->drained = std::make_unique<std::latch>(threads);
  if (Result<void> listening = impl_->listen(); !listening) {
    impl_->workers.clear();
    return listening;
  }
  for (const auto& worker : impl_->workers) worker->start();
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

Result<void> Server::run() {
  net::SignalWait signals{{SIGTERM, SIGINT}};
  if (Result<void> started = start(); !started) return started;
  const int signal = signals.wait();
  impl_->options.log(LogLevel::kInfo,
                     std::string{"draining after "} + (signal == SIGTERM ? "SIGTERM" : "SIGINT"));
  shutdown();
  wait();
  return {};
}

}  // namespace parlance
