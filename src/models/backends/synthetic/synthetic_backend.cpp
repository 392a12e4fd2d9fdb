#include "models/backends/synthetic/synthetic_backend.h"

#include <algorithm>

#include "models/backends/synthetic/synthetic_model.h"

namespace parlance::models {

SyntheticBackend::SyntheticBackend() : timer_(std::make_shared<synthetic::TimerThread>()) {}
SyntheticBackend::~SyntheticBackend() = default;

Result<std::unique_ptr<LoadedModel>> SyntheticBackend::load(const ModelSource& source,
                                                            const LoadOptions& options) {
  const ModelConfig& config = source.config;
  if (config.inputs.empty() || config.outputs.empty())
    return std::unexpected{Status{StatusCode::kFailedPrecondition,
                                  "a synthetic model has no file that tells its inputs and outputs: the "
                                  "configuration must declare both"}};
  return std::make_unique<synthetic::SyntheticModel>(
      Signature{.inputs = config.inputs, .outputs = config.outputs}, config.synthetic,
      std::max(options.instances, 1U), timer_);
}

}  // namespace parlance::models
