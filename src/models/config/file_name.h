#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

namespace parlance::models::config {

/// Whether a file name that a configuration gives stays inside the model's folder.
inline bool stays_inside(const std::string& name) {
  const std::filesystem::path path{name};
  return !path.is_absolute() && std::ranges::find(path, "..") == path.end();
}

}  // namespace parlance::models::config
