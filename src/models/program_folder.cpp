#include "models/program_folder.h"

#include <cstdlib>

namespace parlance::models {

namespace fs = std::filesystem;

bool is_program_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "__main__.py", error);
}

std::optional<fs::path> find_program_folder(std::string_view name, const char* variable) {
  if (const char* const named = std::getenv(variable)) return named;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    for (const fs::path& place : {folder / name, folder / "share/parlance" / name})
      if (is_program_folder(place)) return place;
  }
  return {};
}

}  // namespace parlance::models
