#pragma once

#include <string>

#include "rpc/server_call.h"

namespace parlance::interceptors {

/// Who the call counts for where clients are told apart: "subject:alice" (what BearerAuth found), else
/// "client:web-7" (what the request's `x-client-id` says, which nobody has proved), else "peer:ipv4:10.0.0.7"
/// (its address without the port).
std::string client_of(const ServerCall& call);

}  // namespace parlance::interceptors
