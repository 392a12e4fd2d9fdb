#include "rpc/server_errors.h"

#include <string>

#include "grpc/error_details.h"

namespace parlance::detail {

Status deadline_passed() {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          "the deadline passed before the call was complete", {{"hop", "server"}});
}

Status request_cardinality(std::string_view observed) {
  return grpc::make_error(StatusCode::kUnimplemented, "REQUEST_CARDINALITY",
                          "the method takes one request message; the caller sent " + std::string{observed});
}

Status caller_left() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT",
                          "the caller cancelled the call or its connection ended");
}

Status no_response() {
  return grpc::make_error(StatusCode::kInternal, "INTERCEPTOR_WITHOUT_RESPONSE",
                          "an interceptor ended the call with OK, but there is no response to send");
}

Status exception_left(std::string_view who) {
  return grpc::make_error(StatusCode::kUnknown, "HANDLER_EXCEPTION",
                          std::string{who} + " failed; the server's log has the reason");
}

}  // namespace parlance::detail
