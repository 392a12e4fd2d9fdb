#pragma once

#include <memory>
#include <string_view>

#include "models/repository.h"
#include "services/health_registry.h"

namespace parlance::app {

/// The health name that liveness probes ask for.
inline constexpr std::string_view kLive = "live";

/// Keeps the health of the server and its inference services in step with the repository:
///
///   live                         SERVING until the server drains
///   "" and each inference service   SERVING while every required model is ready
///   model/<name>                 SERVING while who names no version is served
///   model/<name>/<version>       SERVING while that version is READY, and its engine's condition is OK
///
/// Both arguments must outlive it.
class ModelHealth {
 public:
  ModelHealth(models::Repository& repository, services::HealthRegistry& health);
  /// Looks again at what no single version tells: after Repository::load(), when there may be no model at
  /// all.
  void refresh();

 private:
  void on_change(const models::VersionStatus& status);

  const models::Repository& repository_;
  services::HealthRegistry& health_;
  models::Repository::Subscription subscription_;
};

}  // namespace parlance::app
