#include "interceptors/retry_advice.h"

#include "grpc/error_details.h"

namespace parlance::interceptors {

Status advise_retry(ServerCall& call, const Status& status, Duration delay) {
  call.set_retry_pushback(std::chrono::ceil<std::chrono::milliseconds>(delay));
  return status.with_detail(grpc::to_detail(grpc::RetryInfo{.retry_delay = delay}));
}

}  // namespace parlance::interceptors
