#include "models/backends/built_in.h"

#include "models/backends/openvino/openvino_backend.h"

namespace parlance::models {

BackendRegistry built_in_backends() {
  BackendRegistry registry;
  registry.add(std::make_unique<OpenVinoBackend>());
  return registry;
}

}  // namespace parlance::models
