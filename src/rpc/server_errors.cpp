#include "rpc/server_errors.h"

#include <chrono>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::detail {
namespace {

std::string milliseconds(Duration time) {
  return concat(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

Status deadline(std::string_view reason, std::string_view knob, Duration given) {
  return grpc::make_error(StatusCode::kDeadlineExceeded, reason,
                          "the deadline passed before the call was complete",
                          {{"hop", "server"}, {"limit", milliseconds(given)}, {"knob", std::string{knob}}});
}

}  // namespace

Status deadline_passed(DeadlineGiver giver, Duration given) {
  switch (giver) {
    case DeadlineGiver::kDefaultTimeout:
      return deadline("DEFAULT_TIMEOUT_EXCEEDED", "ServerOptions::default_timeout", given);
    case DeadlineGiver::kMaxTimeout:
      return deadline("MAX_TIMEOUT_EXCEEDED", "ServerOptions::max_timeout", given);
    case DeadlineGiver::kCaller:
      break;
  }
  return deadline("DEADLINE_EXCEEDED", "grpc-timeout", given);
}

Status request_missing() {
  return grpc::make_error(StatusCode::kUnimplemented, "REQUEST_MISSING",
                          "the method takes one request message; the caller sent none",
                          {{"hop", "server"}, {"limit", "1"}, {"observed", "0"}});
}

Status request_not_single() {
  return grpc::make_error(StatusCode::kUnimplemented, "REQUEST_NOT_SINGLE",
                          "the method takes one request message; the caller sent more than one",
                          {{"hop", "server"}, {"limit", "1"}, {"observed", "more"}});
}

Status of_request(const Status& status) { return grpc::explain_more(status, {{"hop", "server"}}); }

Status server_shutdown(Duration grace) {
  return grpc::make_error(
      StatusCode::kUnavailable, "SERVER_SHUTDOWN", "the server shut down before the call was complete",
      {{"hop", "server"}, {"limit", milliseconds(grace)}, {"knob", "ServerOptions::shutdown_grace"}});
}

Status request_headers_too_large(std::size_t limit_bytes) {
  return grpc::make_error(StatusCode::kResourceExhausted, "REQUEST_HEADERS_TOO_LARGE",
                          concat("the request's headers are larger than the limit of ", limit_bytes,
                                 " bytes (max_header_list_bytes)"),
                          {{"hop", "server"},
                           {"limit", concat(limit_bytes)},
                           {"knob", "ServerOptions::http2.max_header_list_bytes"}});
}

Status caller_left() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT",
                          "the caller cancelled the call or its connection ended", {{"hop", "server"}});
}

Status no_response() {
  return grpc::make_error(StatusCode::kInternal, "INTERCEPTOR_WITHOUT_RESPONSE",
                          "an interceptor ended the call with OK, but there is no response to send",
                          {{"hop", "server"}});
}

std::string_view to_string(Thrower who) {
  return who == Thrower::kHandler ? "the handler" : "an interceptor";
}

Status exception_left(Thrower who) {
  return grpc::make_error(
      StatusCode::kUnknown, who == Thrower::kHandler ? "HANDLER_EXCEPTION" : "INTERCEPTOR_EXCEPTION",
      concat(to_string(who), " failed; the server's log has the reason"), {{"hop", "server"}});
}

}  // namespace parlance::detail
