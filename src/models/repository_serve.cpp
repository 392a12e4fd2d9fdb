#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "grpc/error_details.h"
#include "models/model_source.h"
#include "models/repository.h"

// Which models there are: those of the folder, or of a list that took its place.
namespace parlance::models {
namespace {

namespace fs = std::filesystem;

/// Also by way of links.
bool lies_within(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  if (error) return false;
  const fs::path outer = fs::weakly_canonical(folder, error);
  if (error) return false;
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

Status check_folders(const std::vector<ServedModel>& models, const fs::path& folder) {
  for (const ServedModel& model : models) {
    if (!lies_within(model.folder, folder))
      return grpc::make_error(
          StatusCode::kInvalidArgument, "INVALID_INPUT",
          fmt::format("the base_path of model \"{}\" lies outside of the repository", model.name),
          {{"hop", "server"}, {"observed", model.folder.string()}});
  }
  return {};
}

}  // namespace

fs::path Repository::folder() const { return folder_of(options_.root); }

Status Repository::serve(std::vector<ServedModel> models) {
  if (Status status = check_folders(models, folder()); !status.ok()) return status;
  {
    const std::unique_lock lock{catalog_mutex_};
    std::set<std::string>& required = found_first_.emplace();
    for (const ServedModel& model : models) required.insert(model.name);
    served_ = std::move(models);
  }
  return load_all({});
}

Result<std::vector<FoundModel>> Repository::find_all() const {
  std::optional<std::vector<ServedModel>> served;
  {
    const std::shared_lock lock{catalog_mutex_};
    served = served_;
  }
  return served ? find_models(*served, backends_) : find_models(options_.root, backends_);
}

std::vector<fs::path> Repository::watched_folders() const {
  std::vector<fs::path> folders = folders_of(options_.root);
  const std::shared_lock lock{catalog_mutex_};
  if (!served_) return folders;
  for (const ServedModel& model : *served_) folders.push_back(model.folder);
  return folders;
}

}  // namespace parlance::models
