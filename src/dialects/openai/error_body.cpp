#include "dialects/openai/error_body.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "edge/http_status.h"
#include "grpc/error_details.h"

namespace parlance::dialects::openai {
namespace {

using nlohmann::ordered_json;

Status field_error(StatusCode code, std::string_view reason, std::string_view param, std::string message) {
  const grpc::BadRequest fields{{{.field = std::string{param}, .description = message}}};
  return grpc::make_error(code, reason, std::move(message), {{"hop", "server"}})
      .with_detail(grpc::to_detail(fields));
}

// Reasons that OpenAI has a name for.
struct Code {
  std::string_view reason;
  std::string_view code;
};
constexpr Code kCodes[] = {{"HTTP_METHOD_NOT_ALLOWED", "method_not_supported"},
                           {"HTTP_PATH_NOT_FOUND", "unknown_url"},
                           {"INVALID_INPUT", ""},
                           {"MODEL_NOT_FOUND", "model_not_found"},
                           {"OPENAI_NOT_SUPPORTED", "unsupported_parameter"},
                           {"PROMPT_TOO_LONG", "context_length_exceeded"}};

std::string lower_case(std::string_view text) {
  std::string lower;
  std::ranges::transform(text, std::back_inserter(lower), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

ordered_json code_of(const Status& status) {
  if (status.code() == StatusCode::kUnauthenticated) return "invalid_api_key";
  const auto info = grpc::error_info(status);
  if (info && info->reason != "RATE_LIMITED") {
    const auto* known = std::ranges::find(kCodes, info->reason, &Code::reason);
    const std::string code = known != std::end(kCodes) ? std::string{known->code} : lower_case(info->reason);
    return code.empty() ? ordered_json{} : ordered_json(code);
  }
  if (status.code() == StatusCode::kResourceExhausted) return "rate_limit_exceeded";
  return {};
}

std::string_view type_of(const Status& status) {
  const unsigned http = edge::http_status_of(status);
  if (http == 429) return "rate_limit_error";
  if (http == 403) return "permission_error";
  return http < 500 || http == 501 ? "invalid_request_error" : "server_error";
}

ordered_json param_of(const Status& status) {
  const auto fields = grpc::find_detail<grpc::BadRequest>(status);
  if (fields && !fields->field_violations.empty()) return fields->field_violations[0].field;
  const auto info = grpc::error_info(status);
  return info && info->reason == "MODEL_NOT_FOUND" ? ordered_json("model") : ordered_json{};
}

}  // namespace

Status invalid_field(std::string_view param, std::string message) {
  return field_error(StatusCode::kInvalidArgument, "INVALID_INPUT", param, std::move(message));
}

Status unsupported_field(std::string_view param, std::string message) {
  return field_error(StatusCode::kInvalidArgument, "OPENAI_NOT_SUPPORTED", param, std::move(message));
}

std::string error_body(const Status& status) {
  const ordered_json body{{"error",
                           {{"message", status.message()},
                            {"type", type_of(status)},
                            {"param", param_of(status)},
                            {"code", code_of(status)}}}};
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

edge::HttpResponse error_response(const Status& status) {
  // What the API has not got is the request's fault there.
  const unsigned http = edge::http_status_of(status);
  return {.status = http == 501 ? 400 : http, .content_type = "application/json", .body = error_body(status)};
}

}  // namespace parlance::dialects::openai
