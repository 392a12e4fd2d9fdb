#pragma once

#include <vector>

#include "base/status.h"
#include "dialects/tfserving/model_choice.h"
#include "models/repository.h"

namespace parlance::dialects::tfserving {

/// The versions of a model, or the one that `choice` names. INVALID_ARGUMENT for a label that there is not;
/// NOT_FOUND "Could not find any versions of model x", "Could not find version 3 of model x".
Result<std::vector<models::VersionStatus>> model_status(const models::Repository& repository,
                                                        const ModelChoice& choice);

}  // namespace parlance::dialects::tfserving
