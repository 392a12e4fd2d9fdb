#include "edge/http_status.h"

#include <string_view>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

constexpr unsigned kWrongMethod = 405;

// Reasons that HTTP has a status for, and a gRPC code has not.
struct ReasonStatus {
  std::string_view reason;
  unsigned status;
};
constexpr ReasonStatus kByReason[] = {{"DECOMPRESSED_TOO_LARGE", 413},
                                      {"HTTP_ENCODING_NOT_SUPPORTED", 415},
                                      {"HTTP_METHOD_NOT_ALLOWED", kWrongMethod}};

unsigned http_status_of(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kDataLoss:
      break;
  }
  return 500;
}

std::optional<Duration> delay_of(const Status& status) {
  const auto info = grpc::find_detail<grpc::RetryInfo>(status);
  return info ? std::optional{info->retry_delay} : std::nullopt;
}

}  // namespace

unsigned http_status_of(const Status& status) {
  const auto info = grpc::error_info(status);
  for (const ReasonStatus& known : kByReason) {
    if (info && info->reason == known.reason) return known.status;
  }
  return http_status_of(status.code());
}

HttpResponse error_as_text(const Status& status) {
  return {.status = http_status_of(status), .body = concat(status.message(), "\n")};
}

void add_error_fields(const Status& status, std::optional<Duration> retry_after, HttpResponse& response) {
  if (const auto delay = retry_after ? retry_after : delay_of(status)) {
    response.fields.push_back(
        {"Retry-After", concat(std::chrono::ceil<std::chrono::seconds>(*delay).count())});
    response.fields.push_back(
        {"retry-after-ms", concat(std::chrono::ceil<std::chrono::milliseconds>(*delay).count())});
  }
  if (status.code() == StatusCode::kUnauthenticated) {
    response.fields.push_back({"WWW-Authenticate", "Bearer"});
  }
  if (http_status_of(status) != kWrongMethod) return;
  response.fields.push_back({"Allow", std::string{grpc::error_info(status)->get("limit").value_or("")}});
}

}  // namespace parlance::edge
