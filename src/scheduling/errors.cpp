#include "scheduling/errors.h"

#include <string>

#include "grpc/error_details.h"

namespace parlance::scheduling {

Status deadline_passed(const char* when) {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          std::string{"the deadline passed "} + when,
                          {{"hop", "server"}, {"knob", "deadline_ms"}});
}

Status caller_left() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT", "the caller cancelled the call",
                          {{"hop", "server"}});
}

}  // namespace parlance::scheduling
