#pragma once

#include <string_view>

#include "base/status.h"
#include "models/repository.h"

namespace parlance::dialects::kserve {

/// Pins the version of `model` that `version` says, as this protocol says it: a number, or empty for the
/// default one. The statuses of Repository::find(); MODEL_VERSION_NOT_FOUND for what is no number.
Result<models::ModelHandle> find_model(const models::Repository& repository, std::string_view model,
                                       std::string_view version);

}  // namespace parlance::dialects::kserve
