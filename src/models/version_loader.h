#pragma once

#include <functional>
#include <memory>

#include "base/deadline.h"
#include "base/status.h"
#include "models/backend_registry.h"
#include "models/model_version.h"
#include "models/repository_scan.h"

namespace parlance::models {

struct VersionLoaderOptions {
  LoadOptions backend;  // where model.yaml names no instances
  /// A run this short is made on the caller's event loop: see ModelHandle::runs_on_loop().
  Duration loop_run_limit{};
};

/// Reads, checks and compiles the version in `found.folder` of the model whose model.yaml (if any) is
/// `config`. FAILED_PRECONDITION in words when the model file, its labels or its raw_input do not fit
/// together.
Result<std::unique_ptr<LoadedVersion>> load_version(const FoundVersion& found, const ModelConfig& config,
                                                    const BackendRegistry& backends,
                                                    const VersionLoaderOptions& options);

}  // namespace parlance::models
