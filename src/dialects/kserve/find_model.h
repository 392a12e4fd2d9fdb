#pragma once

#include <string_view>

#include "base/status.h"
#include "models/repository.h"

namespace parlance::dialects::kserve {

/// Repository::find(), whose failures say what Triton says, and behind it what the repository does. As of
/// Triton, what is neither a number nor a label is INVALID_ARGUMENT (INVALID_INPUT).
Result<models::ModelHandle> find_model(const models::Repository& repository, std::string_view model,
                                       std::string_view version);

}  // namespace parlance::dialects::kserve
