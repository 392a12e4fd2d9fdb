#pragma once

#include <filesystem>
#include <vector>

#include "base/status.h"
#include "models/backend_registry.h"
#include "models/model_config.h"
#include "models/repository_scan.h"
#include "models/tfserving_config.h"

namespace parlance::models {

/// The models of `root`, by name: a folder of models, or TF Serving's models.config, the file itself or one
/// in the folder, which lists models elsewhere; those of the folder come with them, and give way to one of
/// the same name. NOT_FOUND when it cannot be read, FAILED_PRECONDITION when models.config is wrong.
Result<std::vector<FoundModel>> find_models(const std::filesystem::path& root,
                                            const BackendRegistry& backends);

/// Models of such a list, wherever they are.
std::vector<FoundModel> find_models(const std::vector<ServedModel>& served, const BackendRegistry& backends);

/// What the model's folder says: model.yaml, else config.pbtxt, else nothing but defaults; models.config,
/// when it lists the model, has the last word on its versions. Errors as the readers of these files give
/// them.
Result<ModelConfig> config_of(const FoundModel& found);

/// The folder that `root` is, or lies in.
std::filesystem::path folder_of(const std::filesystem::path& root);

/// The folders in which something may change: `root`'s and those of models elsewhere.
std::vector<std::filesystem::path> folders_of(const std::filesystem::path& root);

}  // namespace parlance::models
