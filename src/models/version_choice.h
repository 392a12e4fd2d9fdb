#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "models/model_config.h"

namespace parlance::models {

/// The versions that a policy asks for, of those `found`; a policy that names versions asks for them whether
/// they are found or not.
std::set<std::int64_t> chosen_versions(const VersionsConfig& config, const std::vector<std::int64_t>& found);

}  // namespace parlance::models
