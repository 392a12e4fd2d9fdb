#pragma once

#include "models/backend_registry.h"

namespace parlance::models {

/// Every engine this program was built with.
BackendRegistry built_in_backends();

}  // namespace parlance::models
