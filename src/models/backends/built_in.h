#pragma once

#include "models/backend_registry.h"
#include "models/backends/python/python_backend.h"

namespace parlance::models {

/// Every engine this program was built with.
BackendRegistry built_in_backends(PythonBackendOptions python = {});

}  // namespace parlance::models
