#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace parlance::models {

/// A folder of Python that belongs to this program, such as "importer": the one that the environment variable
/// `variable` names (whether it is there or not); else beside the program or above it, as in the build folder
/// of a source tree; else in share/parlance there, as when it is installed. Nothing when there is none.
std::optional<std::filesystem::path> find_program_folder(std::string_view name, const char* variable);

/// Whether `folder` is one that Python can run.
bool is_program_folder(const std::filesystem::path& folder);

}  // namespace parlance::models
