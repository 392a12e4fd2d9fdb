#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/backend.h"

namespace parlance::models {

/// The engines there are. Filled before it is handed to a Repository, unchanged after.
class BackendRegistry {
 public:
  /// An earlier engine wins where two read the same ending.
  void add(std::unique_ptr<Backend> backend);

  /// Null when there is none of that name.
  Backend* find(std::string_view name) const;
  /// Whose own_files() have that name; null when nobody's have.
  Backend* owner_of(std::string_view name) const;
  /// Its owner; null when none reads files with the ending of `file`.
  Backend* find_for(const std::filesystem::path& file) const;
  /// "openvino, synthetic"
  std::string names() const;

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
};

}  // namespace parlance::models
