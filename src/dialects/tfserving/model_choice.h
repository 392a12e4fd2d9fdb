#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "models/repository.h"
#include "tfserving/prediction_service.views.h"

namespace parlance::dialects::tfserving {

/// Which model a caller asks, and under which of its signatures. Borrows.
struct ModelChoice {
  std::string_view name;
  std::optional<std::int64_t> version;
  std::optional<std::string_view> label;  // not with a version
  std::string_view signature = {};        // empty: kDefaultSignature
};

ModelChoice to_choice(const ::tensorflow::serving::ModelSpecView& spec);

/// The version that is meant; nothing: none is named. INVALID_ARGUMENT "Unrecognized servable version label:
/// x".
Result<std::optional<std::int64_t>> version_of(const models::Repository& repository,
                                               const ModelChoice& choice);

/// Pins it. INVALID_ARGUMENT for no name or a label that there is not; NOT_FOUND "Servable not found for
/// request: …" for a model or version that is not there or not AVAILABLE.
Result<models::ModelHandle> find_model(const models::Repository& repository, const ModelChoice& choice);

}  // namespace parlance::dialects::tfserving
