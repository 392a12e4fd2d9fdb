#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "models/model_config.h"

namespace parlance::models {

/// A model of TF Serving's models.config.
struct ServedModel {
  std::string name;
  std::filesystem::path folder;  // with a folder for each version
  VersionsConfig versions;
  std::vector<std::string> warnings;  // what is asked for and not done
};

/// Reads TF Serving's `models.config`, which errors call `name`; a base_path that is not absolute is taken
/// from `folder`. FAILED_PRECONDITION "<name>:<line>: …" for a file that is not of that format, "<name>: …"
/// for a model without name or base_path, one named twice, or a configuration that is no list of models.
Result<std::vector<ServedModel>> parse_models_config(const std::string& text, const std::string& name,
                                                     const std::filesystem::path& folder);

/// The same of the message tensorflow.serving.ModelServerConfig as it is sent. INVALID_ARGUMENT, in words,
/// for what is wrong with it.
Result<std::vector<ServedModel>> read_models_config(Bytes message, const std::filesystem::path& folder);

}  // namespace parlance::models
