#include "models/repository_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace parlance::models {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> parse_version(std::string_view name) {
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool whole = error == std::errc{} && end == name.data() + name.size();
  if (!whole || version <= 0 || name.starts_with('0')) return std::nullopt;
  return version;
}

/// The folders in `folder`, sorted by name.
std::vector<fs::path> folders_in(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> folders;
  fs::directory_iterator entries{folder, error};
  for (; !error && entries != fs::directory_iterator{}; entries.increment(error)) {
    std::error_code ignored;  // a link to nowhere is no folder
    if (entries->path().filename().string().starts_with('.') || !entries->is_directory(ignored)) continue;
    folders.push_back(entries->path());
  }
  std::ranges::sort(folders);
  return folders;
}

}  // namespace

Result<std::vector<FoundModel>> scan_repository(const fs::path& root) {
  std::error_code error;
  std::vector<FoundModel> models;
  for (const fs::path& folder : folders_in(root, error)) {
    FoundModel model{folder.filename().string(), folder, {}, {}};
    std::error_code unreadable;  // shows as a model without versions
    for (const fs::path& inner : folders_in(folder, unreadable)) {
      std::string name = inner.filename().string();
      if (const std::optional<std::int64_t> version = parse_version(name))
        model.versions.push_back({*version, inner});
      else
        model.not_versions.push_back(std::move(name));
    }
    std::ranges::sort(model.versions, {}, &FoundVersion::version);
    models.push_back(std::move(model));
  }
  if (error)
    return std::unexpected{Status{StatusCode::kNotFound,
                                  fmt::format("model repository {}: {}", root.string(), error.message())}};
  return models;
}

}  // namespace parlance::models
