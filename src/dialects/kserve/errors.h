#pragma once

#include <expected>
#include <string>

#include "base/status.h"
#include "grpc/error_details.h"

namespace parlance::dialects::kserve {

/// The protocol has it, this server does not: UNIMPLEMENTED (EXTENSION_NOT_SERVED).
inline std::unexpected<Status> not_served(std::string message) {
  return std::unexpected{grpc::make_error(StatusCode::kUnimplemented, "EXTENSION_NOT_SERVED",
                                          std::move(message), {{"hop", "server"}})};
}

}  // namespace parlance::dialects::kserve
