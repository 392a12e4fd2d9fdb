#pragma once

#include <filesystem>

#include "base/deadline.h"
#include "base/status.h"
#include "models/model_version.h"

namespace parlance::models {

/// Runs the model on zeros, or on what `warmup` of its configuration names in `folder` (the model's), with
/// each batch size that the configuration asks for, several times; sets run_times, typical_run and
/// runs_on_loop. A run of at most `loop_run_limit` is short enough for an event loop; a model of text makes a
/// few tokens, and never on one. The run's own status when it fails; FAILED_PRECONDITION in words when an
/// input file does not fit.
Status warm_up(LoadedVersion& loaded, const std::filesystem::path& folder, Duration loop_run_limit);

}  // namespace parlance::models
