#pragma once

#include <memory>

#include "rpc/server.h"
#include "services/health_registry.h"

namespace parlance::services {

/// Adds what operators ask of a server, before it is started: channelz, reflection, and, with a registry,
/// health. What gRPC's admin bundle (A38) has beside them, CSDS, tells of xDS, which Parlance does not speak.
///
/// All of it is for operators' eyes (see make_channelz_service): best on a server of its own, on an address
/// that only they reach:
///
///   Server admin{{.listen = {"127.0.0.1:9090"}, .threads = 1}};
///   services::add_admin_services(admin);
void add_admin_services(Server& server, std::shared_ptr<HealthRegistry> health = nullptr);

}  // namespace parlance::services
