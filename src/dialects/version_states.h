#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "models/repository.h"

namespace parlance::dialects {

/// The versions of a model, ascending; none for a model there is not.
std::vector<models::VersionStatus> versions_of(const models::Repository& repository, std::string_view model);

/// TensorFlow Serving's name for where a version stands: "LOADING", "AVAILABLE", "UNLOADING" or "END".
std::string_view tensorflow_state(models::VersionState state);

/// The member `model_version_status` of what TensorFlow Serving answers to GET /v1/models/{name}, which the
/// OpenAI API answers, too.
nlohmann::ordered_json version_states(const std::vector<models::VersionStatus>& versions);

}  // namespace parlance::dialects
