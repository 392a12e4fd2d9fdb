#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace parlance::models {

/// All of a file; nothing when it cannot be read, or is a folder.
std::optional<std::string> read_file_text(const std::filesystem::path& file);

}  // namespace parlance::models
