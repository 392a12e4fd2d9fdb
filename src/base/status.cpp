#include "base/status.h"

#include <array>

namespace parlance {

std::string_view to_string(StatusCode code) {
  static constexpr std::array<std::string_view, 17> kNames{
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

Status::Status(StatusCode code, std::string message, std::vector<StatusDetail> details) {
  if (code == StatusCode::kOk) return;
  content_ = std::make_shared<const Content>(code, std::move(message), std::move(details));
}

Status Status::with_detail(StatusDetail detail) const {
  if (ok()) return {};
  std::vector<StatusDetail> details = content_->details;
  details.push_back(std::move(detail));
  return {content_->code, content_->message, std::move(details)};
}

std::string Status::to_string() const {
  std::string text{parlance::to_string(code())};
  if (!message().empty()) text.append(": ").append(message());
  return text;
}

bool Status::operator==(const Status& other) const {
  if (content_ == other.content_) return true;
  return content_ != nullptr && other.content_ != nullptr && *content_ == *other.content_;
}

}  // namespace parlance
