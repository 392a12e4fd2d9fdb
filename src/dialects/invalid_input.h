#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/status.h"
#include "grpc/error_details.h"

namespace parlance::dialects {

/// The request is not right: INVALID_ARGUMENT (INVALID_INPUT), the same in every protocol.
inline std::unexpected<Status> invalid(std::string message) {
  return std::unexpected{grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT", std::move(message),
                                          {{"hop", "server"}})};
}

}  // namespace parlance::dialects
