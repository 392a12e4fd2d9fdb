#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dialects/inference/service.h"
#include "dialects/inference/testing/gated_backend.h"
#include "models/backends/built_in.h"
#include "models/repository.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::inference::testing {

using Client = ::inference::InferenceService::Client;

/// A repository, and a server of it on a free port.
class Serving {
 public:
  explicit Serving(std::filesystem::path root, Gate* gate = nullptr, Limits limits = {})
      : repository_(
            {.root = std::move(root), .threads_per_model = 2, .make_companion = scheduler_.companion_maker()},
            backends(gate)) {
    EXPECT_TRUE(repository_.load().ok());
    server_.add(std::make_shared<InferenceServiceHandler>(repository_, scheduler_, limits));
    const Result<void> started = server_.start();
    EXPECT_TRUE(started) << started.error().to_string();
  }

  Client client() const {
    return Client{Channel::open("127.0.0.1:" + std::to_string(server_.ports().at(0)))};
  }
  models::Repository& repository() { return repository_; }
  scheduling::VersionStatistics statistics(std::string_view model) const {
    for (scheduling::VersionStatistics& each : scheduler_.statistics()) {
      if (each.model == model) return each;
    }
    return {};
  }

 private:
  static models::BackendRegistry backends(Gate* gate) {
    models::BackendRegistry registry = models::built_in_backends();
    if (gate != nullptr) registry.add(std::make_unique<GatedBackend>(*gate));
    return registry;
  }

  scheduling::Scheduler scheduler_{{.threads = 1}};
  models::Repository repository_;
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
};

}  // namespace parlance::dialects::inference::testing
