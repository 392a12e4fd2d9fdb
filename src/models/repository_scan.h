#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/model_config.h"

namespace parlance::models {

struct FoundVersion {
  std::int64_t version = 0;
  std::filesystem::path folder;

  bool operator==(const FoundVersion&) const = default;
};

/// One model folder.
struct FoundModel {
  std::string name;
  std::filesystem::path folder;
  std::vector<FoundVersion> versions;             // ascending
  std::vector<std::string> not_versions;          // folders whose names are no positive whole number, sorted
  std::optional<VersionsConfig> versions_config;  // what models.config says of them
  std::vector<std::string> warnings;              // what it asks for and is not done

  bool operator==(const FoundModel&) const = default;
};

/// The models of a repository, by name: each folder in `root` is a model, each folder in it that is named by
/// a positive whole number a version; 7 passes 007. Plain files and names that begin with a dot are left out.
/// NOT_FOUND when `root` is no folder that can be read.
Result<std::vector<FoundModel>> scan_repository(const std::filesystem::path& root);

/// One of them, named as its folder.
FoundModel scan_model(const std::filesystem::path& folder);

/// A number that changes when a file of the version does, or one beside the versions but for the
/// configuration: made of names, sizes and times of change, not of what is in them.
std::uint64_t fingerprint(const FoundModel& model, const FoundVersion& version);

}  // namespace parlance::models
