#pragma once

#include <filesystem>

#include "app/serve_config.h"

namespace parlance::app {

/// `parlance serve`: serves the models of the folder (or models.config) `repository` until SIGTERM or SIGINT,
/// then drains. Listens before it loads, so that probes are answered from the start. Returns the exit code.
int serve(const std::filesystem::path& repository, const ServeConfig& config);

}  // namespace parlance::app
