#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "grpc/health/v1/health.parlance.h"
#include "rpc/server.h"
#include "services/health_service.h"

namespace parlance::testing {

/// Whether `condition` comes to hold before long.
template <typename Condition>
bool eventually(Condition condition) {
  for (const auto end = Clock::now() + std::chrono::seconds{30}; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

/// Two servers behind one channel, for tests of who gets the calls. Both serve health, each its own registry.
class ServerPair {
 public:
  /// What server 0 and server 1 have beside that.
  using Setup = std::function<void(int number, ServerOptions& options,
                                   std::vector<std::shared_ptr<Service>>& services)>;

  explicit ServerPair(const Setup& setup = {}) {
    for (int number = 0; number < 2; ++number) {
      ServerOptions options{.listen = {"127.0.0.1:0"}, .threads = 1};
      std::vector<std::shared_ptr<Service>> services;
      if (setup) setup(number, options, services);
      auto& server = servers_[number].emplace(std::move(options));
      server.add(services::make_health_service(registries_[number]));
      for (auto& service : services) server.add(std::move(service));
      const auto started = server.start();
      EXPECT_TRUE(started) << started.error().to_string();
    }
  }

  services::HealthRegistry& registry(int number) { return *registries_[number]; }

  Channel open(const char* service_config) const {
    const auto config = ServiceConfig::parse(service_config);
    EXPECT_TRUE(config) << config.error();
    return Channel::open(concat("ipv4:", address(0), ",", address(1)), {.service_config = *config});
  }

  /// Makes so many calls and counts which server answered.
  std::pair<int, int> calls(const Channel& channel, int count) const {
    std::pair<int, int> answered;
    const std::string first = concat("ipv4:", address(0));
    for (int made = 0; made < count; ++made) {
      auto call =
          ::grpc::health::v1::Health::Client{channel}.Check({}, {.timeout = std::chrono::seconds{20}});
      const auto response = call.wait();
      EXPECT_TRUE(response) << response.error().to_string();
      ++(call.peer() == first ? answered.first : answered.second);
    }
    return answered;
  }

 private:
  std::string address(int number) const {
    return concat("127.0.0.1:", std::to_string(servers_[number]->ports().front()));
  }

  std::array<std::shared_ptr<services::HealthRegistry>, 2> registries_{
      std::make_shared<services::HealthRegistry>(), std::make_shared<services::HealthRegistry>()};
  std::array<std::optional<Server>, 2> servers_;
};

}  // namespace parlance::testing
