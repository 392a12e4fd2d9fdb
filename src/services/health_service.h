#pragma once

#include <memory>

#include "rpc/service.h"
#include "services/health_registry.h"

namespace parlance::services {

/// `grpc.health.v1.Health` over `registry`, to be added to a server; shuts the registry down when the server
/// begins to drain.
///
/// Check: the status, NOT_FOUND for a service that is not known. List: every known service. Watch: the status
/// at once and at each change, SERVICE_UNKNOWN for a service that is not known (yet); it stays open until the
/// caller ends it, or with UNAVAILABLE after the NOT_SERVING of a shutdown.
std::shared_ptr<Service> make_health_service(std::shared_ptr<HealthRegistry> registry);

}  // namespace parlance::services
