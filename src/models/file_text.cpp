#include "models/file_text.h"

#include <fstream>
#include <sstream>

namespace parlance::models {

std::optional<std::string> read_file_text(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return std::nullopt;
  std::ostringstream text;
  if (stream.peek() == std::ifstream::traits_type::eof())  // fails, not empty: a folder can be opened
    return stream.bad() || std::filesystem::is_directory(file) ? std::nullopt : std::optional{std::string{}};
  text << stream.rdbuf();
  if (!text || stream.bad()) return std::nullopt;
  return std::move(text).str();
}

}  // namespace parlance::models
