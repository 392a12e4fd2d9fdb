#pragma once

#include <memory>

#include "app/metrics.h"
#include "edge/http_routes.h"
#include "services/health_registry.h"

namespace parlance::app {

/// What the admin address answers to HTTP/1.1: an index, metrics, probes, models and batches. Nothing of it
/// changes anything. All that it is given outlives it.
edge::HttpRoutes admin_routes(const MetricSources& sources, const services::HealthRegistry& health);

}  // namespace parlance::app
