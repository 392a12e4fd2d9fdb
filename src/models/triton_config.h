#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"
#include "models/model_config.h"

namespace parlance::models {

/// Reads a Triton `config.pbtxt`, which errors call `name`, of the model `model`. What it asks for and is not
/// done is named in ModelConfig::warnings where results are the same without it. FAILED_PRECONDITION
/// "<name>:<line>: …" for a file that is not of that format, "<name>: …" for what would change results if it
/// were left out: ensembles, reshapes, control inputs, decoupled answers and so on.
Result<ModelConfig> parse_triton_config(const std::string& text, const std::string& name,
                                        const std::string& model);

}  // namespace parlance::models
