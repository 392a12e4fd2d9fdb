#pragma once

#include <string>

#include "base/status.h"
#include "kserve/model_config.pb.h"
#include "models/model_config.h"
#include "models/model_version.h"

namespace parlance::dialects::kserve {

/// How a version is served, in Triton's words: what of them it has. Dims leave the rows out when the model
/// takes batches.
::inference::ModelConfig to_message(const models::ModelHandle& model);

/// What a load's parameter `config` says: a ModelConfig as protobuf's JSON, read as the file config.pbtxt is.
/// INVALID_ARGUMENT in words for text that is not that, and for what would change results if it were left
/// out.
Result<models::ModelConfig> read_config_override(const std::string& json, const std::string& model);

}  // namespace parlance::dialects::kserve
