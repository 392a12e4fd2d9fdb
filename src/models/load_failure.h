#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/status.h"

namespace parlance::models {

/// Why a version cannot be loaded, for the operator to read: FAILED_PRECONDITION.
inline std::unexpected<Status> load_failure(std::string message) {
  return std::unexpected{Status{StatusCode::kFailedPrecondition, std::move(message)}};
}

}  // namespace parlance::models
