#include "models/backends/built_in.h"

#include "models/backends/openvino/openvino_backend.h"
#include "models/backends/synthetic/synthetic_backend.h"

namespace parlance::models {

BackendRegistry built_in_backends(PythonBackendOptions python) {
  BackendRegistry registry;
  registry.add(std::make_unique<OpenVinoBackend>());
  registry.add(std::make_unique<PythonBackend>(std::move(python)));
  registry.add(std::make_unique<SyntheticBackend>());
  return registry;
}

}  // namespace parlance::models
