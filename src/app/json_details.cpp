#include "app/json_details.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "grpc/base64.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

using Json = nlohmann::json;

std::string text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const Json& list(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : kNone;
}

StatusDetail error_info(const Json& any) {
  grpc::ErrorInfo info{.reason = text(any, "reason"), .domain = text(any, "domain"), .metadata = {}};
  if (const auto metadata = any.find("metadata"); metadata != any.end() && metadata->is_object()) {
    for (const auto& [key, value] : metadata->items()) {
      if (value.is_string()) info.metadata.emplace_back(key, value.get<std::string>());
    }
  }
  return grpc::to_detail(info);
}

// "1.500s"
StatusDetail retry_info(const Json& any) {
  const std::string delay = text(any, "retryDelay");
  double seconds = 0;
  std::from_chars(delay.data(), delay.data() + delay.size(), seconds);
  return grpc::to_detail(grpc::RetryInfo{
      .retry_delay = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds})});
}

StatusDetail bad_request(const Json& any) {
  grpc::BadRequest details;
  for (const Json& violation : list(any, "fieldViolations")) {
    details.field_violations.push_back(
        {.field = text(violation, "field"), .description = text(violation, "description")});
  }
  return grpc::to_detail(details);
}

StatusDetail quota_failure(const Json& any) {
  grpc::QuotaFailure details;
  for (const Json& violation : list(any, "violations")) {
    details.violations.push_back(
        {.subject = text(violation, "subject"), .description = text(violation, "description")});
  }
  return grpc::to_detail(details);
}

}  // namespace

std::optional<StatusDetail> detail_of_json(const Json& any) {
  if (!any.is_object()) return std::nullopt;
  std::string url = text(any, "@type");
  if (url.empty()) return std::nullopt;
  for (const char* name : {"value", "@value"}) {
    const auto bytes = grpc::base64_decode(text(any, name));
    if (bytes && !bytes->empty()) return StatusDetail{std::move(url), *bytes};
  }
  const std::string type = url.substr(url.rfind('/') + 1);
  if (type == grpc::ErrorInfo::kType) return error_info(any);
  if (type == grpc::RetryInfo::kType) return retry_info(any);
  if (type == grpc::BadRequest::kType) return bad_request(any);
  if (type == grpc::QuotaFailure::kType) return quota_failure(any);
  return std::nullopt;
}

}  // namespace parlance::app
