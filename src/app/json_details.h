#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "base/status.h"

namespace parlance::app {

/// A status detail from the JSON of its google.protobuf.Any, with "@type": the types of google.rpc by their
/// fields, any other type by its bytes as base64 ("value"). Nothing for what is neither.
std::optional<StatusDetail> detail_of_json(const nlohmann::json& any);

}  // namespace parlance::app
