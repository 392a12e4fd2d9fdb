#pragma once

#include <filesystem>

#include "app/log.h"
#include "dialects/torchserve/archive.h"

namespace parlance::app {

/// Runs the importer (import_command.h) for what TorchServe's clients register: archives become versions of
/// `repository`, a folder. One at a time, in at most five minutes each. What an archive asks for and is not
/// done is logged. `log` outlives it.
dialects::torchserve::ArchiveImporter make_archive_importer(std::filesystem::path repository, const Log& log);

}  // namespace parlance::app
