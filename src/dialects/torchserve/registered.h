#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/repository.h"

namespace parlance::dialects::torchserve {

/// The versions of `model` that TorchServe would call registered, those that serve or are about to,
/// ascending.
std::vector<models::VersionStatus> registered(const models::Repository& repository, std::string_view model);
/// The models that have such a version, by name.
std::vector<std::string> registered(const models::Repository& repository);

/// The one that a request without a version means; 0: none is registered.
std::int64_t default_of(const models::Repository& repository, std::string_view model);

/// The registered version that `version` names, a number ("1" or "1.0") or a label; empty: the default.
/// BadRequestException without a model, ModelNotFoundException, ModelVersionNotFoundException.
Result<models::VersionStatus> find_registered(const models::Repository& repository, std::string_view model,
                                              std::string_view version);

}  // namespace parlance::dialects::torchserve
