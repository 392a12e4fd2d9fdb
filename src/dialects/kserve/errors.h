#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/status.h"
#include "grpc/error_details.h"

namespace parlance::dialects::kserve {

/// The protocol has it, this server does not: UNIMPLEMENTED (EXTENSION_NOT_SERVED).
inline std::unexpected<Status> not_served(std::string message) {
  return std::unexpected{grpc::make_error(StatusCode::kUnimplemented, "EXTENSION_NOT_SERVED",
                                          std::move(message), {{"hop", "server"}})};
}

/// The protocol has it, and this server was not told to do it: UNAVAILABLE (EXTENSION_OFF).
inline Status switched_off(std::string message) {
  return grpc::make_error(StatusCode::kUnavailable, "EXTENSION_OFF", std::move(message), {{"hop", "server"}});
}

}  // namespace parlance::dialects::kserve
