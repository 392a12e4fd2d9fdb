#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/status.h"

namespace parlance::dialects::torchserve {

/// What is to be registered.
struct NamedVersion {
  std::string model;
  std::int64_t version = 0;  // 0: those that the model's own policy asks for
  bool is_new = false;       // an archive became it just now
};

/// Makes an archive, a file, a version of the repository's model `name`, or of the one that the archive names
/// when that is empty; gives the version that this very archive became before, when there is one. Blocking;
/// gives up when `is_wanted` says no. INVALID_ARGUMENT with the reason when it is the archive that cannot be
/// used.
using ArchiveImporter = std::function<Result<NamedVersion>(
    const std::filesystem::path& archive, const std::string& name, const std::function<bool()>& is_wanted)>;

}  // namespace parlance::dialects::torchserve
