#pragma once

#include <filesystem>
#include <functional>

#include "app/log.h"
#include "app/serve_config.h"
#include "dialects/torchserve/archive.h"

namespace parlance::app {

/// Runs the importer (import_command.h) for what TorchServe's clients register: archives become versions of
/// `repository`, a folder. One at a time, in at most five minutes each. What an archive asks for and is not
/// done is logged. `log` outlives it.
dialects::torchserve::ArchiveImporter make_archive_importer(std::filesystem::path repository, const Log& log);

/// Imports what is to be loaded at the start, as far as it lies in `repository`. What cannot be is logged and
/// keeps nothing else from serving. Ends early when `is_wanted` says no.
void import_first(const ServeConfig& config, const std::filesystem::path& repository,
                  const dialects::torchserve::ArchiveImporter& import_archive,
                  const std::function<bool()>& is_wanted, const Log& log);

}  // namespace parlance::app
