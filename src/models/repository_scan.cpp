#include "models/repository_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <system_error>

#include "base/concat.h"

namespace parlance::models {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> parse_version(std::string_view name) {
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const bool whole = error == std::errc{} && end == name.data() + name.size();
  if (!whole || version <= 0) return std::nullopt;
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

// As deep and as many as model formats need; more would make every look at the folder slow.
constexpr int kDeepest = 4;
constexpr std::size_t kMostFiles = 10'000;

bool is_configuration(std::string_view line) {
  return line.starts_with("model.yaml\n") || line.starts_with("config.pbtxt\n");
}

/// A line for each file in `folder`, and `deeper` levels of folders below it.
void add_files(const fs::path& folder, int deeper, std::vector<std::string>& lines) {
  std::error_code error;
  for (fs::directory_iterator entries{folder, error};
       !error && entries != fs::directory_iterator{} && lines.size() < kMostFiles; entries.increment(error)) {
    std::error_code ignored;  // a file that vanished meanwhile shows in the next look
    if (entries->is_directory(ignored)) {
      if (deeper > 0) add_files(entries->path(), deeper - 1, lines);
      continue;
    }
    const auto written = entries->last_write_time(ignored).time_since_epoch().count();
    lines.push_back(concat(entries->path().filename().string(), "\n", entries->file_size(ignored), " ",
                           written, " ", folder.string(), "\n"));
  }
}

}  // namespace

FoundModel scan_model(const fs::path& folder) {
  FoundModel model{.name = folder.filename().string(), .folder = folder};
  std::error_code unreadable;  // shows as a model without versions
  for (const fs::path& inner : folders_in(folder, unreadable)) {
    std::string name = inner.filename().string();
    if (const std::optional<std::int64_t> version = parse_version(name))
      model.versions.push_back({*version, inner});
    else
      model.not_versions.push_back(std::move(name));
  }
  // By name "007" comes before "7": of several folders with one number the last, the shortest, is it.
  std::ranges::reverse(model.versions);
  std::ranges::stable_sort(model.versions, {}, &FoundVersion::version);
  const auto again = std::ranges::unique(model.versions, {}, &FoundVersion::version);
  model.versions.erase(again.begin(), again.end());
  return model;
}

Result<std::vector<FoundModel>> scan_repository(const fs::path& root) {
  std::error_code error;
  std::vector<FoundModel> models;
  for (const fs::path& folder : folders_in(root, error)) {
    models.push_back(scan_model(folder));
  }
  if (error)
    return std::unexpected{Status{StatusCode::kNotFound,
                                  fmt::format("model repository {}: {}", root.string(), error.message())}};
  return models;
}

std::uint64_t fingerprint(const FoundModel& model, const FoundVersion& version) {
  std::vector<std::string> lines;
  add_files(model.folder, 0, lines);
  std::erase_if(lines, [](const std::string& line) { return is_configuration(line); });
  add_files(version.folder, kDeepest, lines);
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return std::hash<std::string>{}(text);
}

}  // namespace parlance::models
