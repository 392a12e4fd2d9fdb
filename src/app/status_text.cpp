#include "app/status_text.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "grpc/base64.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

std::string line(std::string_view name, std::string_view text) {
  return fmt::format("  {:<10} {}\n", name, text);
}

std::string text_of(const grpc::ErrorInfo& info) {
  std::string text =
      line("reason", info.domain.empty() ? info.reason : fmt::format("{} ({})", info.reason, info.domain));
  for (const auto& [key, value] : info.metadata) text += line(key, value);
  return text;
}

std::string text_of(const grpc::RetryInfo& info) {
  return line("retry",
              fmt::format("after {:.3g} s", std::chrono::duration<double>(info.retry_delay).count()));
}

std::string text_of(const grpc::BadRequest& details) {
  std::string text;
  for (const auto& violation : details.field_violations) {
    text += line("field", fmt::format("{}: {}", violation.field, violation.description));
  }
  return text;
}

std::string text_of(const grpc::QuotaFailure& details) {
  std::string text;
  for (const auto& violation : details.violations) {
    text += line("quota", fmt::format("{}: {}", violation.subject, violation.description));
  }
  return text;
}

std::string text_of(const grpc::PreconditionFailure& details) {
  std::string text;
  for (const auto& violation : details.violations) {
    text +=
        line("requires", fmt::format("{} {}: {}", violation.type, violation.subject, violation.description));
  }
  return text;
}

std::string text_of(const grpc::DebugInfo& info) { return line("debug", info.detail); }

std::string text_of(const grpc::ResourceInfo& info) {
  return line("resource", fmt::format("{} {}: {}", info.resource_type, info.resource_name, info.description));
}

std::string text_of(const grpc::RequestInfo& info) { return line("request", info.request_id); }

std::string text_of(const grpc::Help& help) {
  std::string text;
  for (const auto& link : help.links) text += line("help", fmt::format("{}: {}", link.description, link.url));
  return text;
}

template <typename... Known>
std::string detail_text(const StatusDetail& detail) {
  std::string text;
  const auto try_one = [&]<typename T>() {
    const auto known = grpc::from_detail<T>(detail);
    if (known) text = text_of(*known);
    return known.has_value();
  };
  if ((try_one.template operator()<Known>() || ...)) return text;
  return line("detail", fmt::format("{} ({} bytes)", detail.type_url, detail.value.size()));
}

}  // namespace

std::string status_text(const Status& status) {
  std::string text = fmt::format("{} ({})", to_string(status.code()), static_cast<int>(status.code()));
  if (!status.message().empty()) text += fmt::format(": {}", status.message());
  text += '\n';
  for (const StatusDetail& detail : status.details()) {
    text += detail_text<grpc::ErrorInfo, grpc::RetryInfo, grpc::BadRequest, grpc::QuotaFailure,
                        grpc::PreconditionFailure, grpc::DebugInfo, grpc::ResourceInfo, grpc::RequestInfo,
                        grpc::Help>(detail);
  }
  return text;
}

std::string metadata_text(const grpc::Metadata& metadata, std::string_view mark) {
  std::string text;
  for (const auto& [name, value] : metadata) {
    text += fmt::format("{} {}: {}\n", mark, name,
                        grpc::is_binary_name(name) ? grpc::base64_encode(value) : std::string{value});
  }
  return text;
}

}  // namespace parlance::app
