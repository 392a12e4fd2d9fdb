#pragma once

#include "rpc/server.h"

namespace parlance::services {

/// Adds `grpc.reflection.v1.ServerReflection` and its twin `v1alpha`, which describe every service of the
/// server (added before or after) and whatever else is linked into the program.
void add_reflection(Server& server);

}  // namespace parlance::services
