#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/log.h"
#include "app/metrics.h"
#include "app/serve_config.h"
#include "models/repository.h"
#include "rpc/server.h"
#include "scheduling/scheduler.h"
#include "services/health_registry.h"

namespace parlance::app {

/// Where `parlance serve` listens for operators when nothing is said: on this machine alone. `parlance
/// models` asks there.
inline constexpr std::string_view kDefaultAdminAddress = "127.0.0.1:8051";

/// What operators ask of `parlance serve`, on addresses of its own and its own thread: over gRPC models (also
/// as TorchServe and KServe have them), health, reflection and channelz, over HTTP/1.1 metrics, probes,
/// models and batches. A default address that another program has is told in the log and does not keep the
/// server from serving; one that was given does.
class AdminServer {
 public:
  struct Sources {
    models::Repository& models;
    scheduling::Scheduler& scheduler;
    std::shared_ptr<services::HealthRegistry> health;
    std::shared_ptr<Service> torchserve;                 // its management service
    std::shared_ptr<ServerInterceptor> torchserve_auth;  // null: anyone may call that
    MetricSources metrics;
    SharedMemory& shared_memory;
  };

  /// All that is not shared outlives the server. Nothing is served when `config` switches it off.
  AdminServer(const ServeConfig& config, const Sources& sources, const Log& log);

  static bool is_wanted(const ServeConfig& config) { return !config.admin || !config.admin->empty(); }

  Result<void> start();
  /// Ends it; only then do calls of operators end.
  void stop();

 private:
  const ServeConfig& config_;
  const Log& log_;
  std::unique_ptr<Server> server_;  // null: off
};

}  // namespace parlance::app
