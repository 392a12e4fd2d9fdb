#include "services/admin.h"

#include <utility>

#include "services/channelz_service.h"
#include "services/health_service.h"
#include "services/reflection_service.h"

namespace parlance::services {

void add_admin_services(Server& server, std::shared_ptr<HealthRegistry> health) {
  server.add(make_channelz_service());
  if (health != nullptr) server.add(make_health_service(std::move(health)));
  add_reflection(server);
}

}  // namespace parlance::services
