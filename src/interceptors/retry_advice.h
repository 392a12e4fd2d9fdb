#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "rpc/server_call.h"

namespace parlance::interceptors {

/// `status` for a caller who may try again after `delay`: with RetryInfo for programs, and the trailer
/// `grpc-retry-pushback-ms`, which retry policies obey (gRPC A6).
Status advise_retry(ServerCall& call, const Status& status, Duration delay);

}  // namespace parlance::interceptors
