#include "grpc/error_details.h"

#include <cstdint>
#include <tuple>

#include "base/assert.h"
#include "grpc/proto_wire.h"

namespace parlance::grpc {
namespace {

constexpr std::string_view kUrlPrefix = "type.googleapis.com/";
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

template <typename T>
StatusDetail make_detail(ProtoWriter& message) {
  return {.type_url = std::string{kUrlPrefix}.append(T::kType), .value = message.take()};
}

// A message whose fields 1, 2, 3… are the strings `texts`.
std::string encode_strings(std::initializer_list<std::string_view> texts) {
  ProtoWriter message;
  std::uint32_t field = 0;
  for (std::string_view text : texts) message.bytes(++field, text);
  return message.take();
}

// The other way round: each field that is there replaces the text it belongs to.
template <typename... Strings>
bool decode_strings(std::string_view bytes, Strings&... texts) {
  ProtoReader reader{bytes};
  while (const auto field = reader.next()) {
    std::uint32_t number = 0;
    ((++number, field->is_bytes(number) ? static_cast<void>(texts = field->bytes) : static_cast<void>(0)),
     ...);
  }
  return !reader.failed();
}

// Calls `read` with the bytes of each field `number`; stops when it returns false.
template <typename Read>
bool for_each_element(std::string_view bytes, std::uint32_t number, Read read) {
  ProtoReader reader{bytes};
  while (const auto field = reader.next()) {
    if (field->is_bytes(number) && !read(field->bytes)) return false;
  }
  return !reader.failed();
}

bool decode(std::string_view bytes, ErrorInfo& info) {
  return decode_strings(bytes, info.reason, info.domain) &&
         for_each_element(bytes, 3, [&](std::string_view entry) {
           auto& [key, value] = info.metadata.emplace_back();
           return decode_strings(entry, key, value);
         });
}

bool decode(std::string_view bytes, RetryInfo& info) {
  return for_each_element(bytes, 1, [&](std::string_view duration) {
    ProtoReader reader{duration};
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    while (const auto field = reader.next()) {
      if (field->is_varint(1)) seconds = static_cast<std::int64_t>(field->integer);
      if (field->is_varint(2)) nanos = static_cast<std::int32_t>(field->integer);
    }
    std::int64_t total = 0;
    if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total) ||
        __builtin_add_overflow(total, nanos, &total)) {
      total = seconds < 0 ? Duration::min().count() : Duration::max().count();
    }
    info.retry_delay = std::chrono::nanoseconds{total};
    return !reader.failed();
  });
}

bool decode(std::string_view bytes, BadRequest& info) {
  return for_each_element(bytes, 1, [&](std::string_view element) {
    auto& violation = info.field_violations.emplace_back();
    return decode_strings(element, violation.field, violation.description);
  });
}

bool decode(std::string_view bytes, QuotaFailure& info) {
  return for_each_element(bytes, 1, [&](std::string_view element) {
    auto& violation = info.violations.emplace_back();
    return decode_strings(element, violation.subject, violation.description);
  });
}

bool decode(std::string_view bytes, DebugInfo& info) {
  std::string last_entry;
  return decode_strings(bytes, last_entry, info.detail) &&
         for_each_element(bytes, 1, [&](std::string_view entry) {
           info.stack_entries.emplace_back(entry);
           return true;
         });
}

bool decode(std::string_view bytes, Help& info) {
  return for_each_element(bytes, 1, [&](std::string_view element) {
    auto& link = info.links.emplace_back();
    return decode_strings(element, link.description, link.url);
  });
}

bool decode(std::string_view bytes, ResourceInfo& info) {
  return decode_strings(bytes, info.resource_type, info.resource_name, info.owner, info.description);
}

bool decode(std::string_view bytes, RequestInfo& info) {
  return decode_strings(bytes, info.request_id, info.serving_data);
}

bool decode(std::string_view bytes, PreconditionFailure& info) {
  return for_each_element(bytes, 1, [&](std::string_view element) {
    auto& violation = info.violations.emplace_back();
    return decode_strings(element, violation.type, violation.subject, violation.description);
  });
}

std::optional<ErrorInfo> own_explanation(const StatusDetail& detail) {
  std::optional<ErrorInfo> info = from_detail<ErrorInfo>(detail);
  if (info && info->domain != kErrorDomain) info.reset();
  return info;
}

}  // namespace

std::optional<std::string_view> ErrorInfo::get(std::string_view key) const {
  for (const auto& [name, value] : metadata) {
    if (name == key) return value;
  }
  return std::nullopt;
}

StatusDetail to_detail(const ErrorInfo& info) {
  ProtoWriter message;
  message.bytes(1, info.reason);
  message.bytes(2, info.domain);
  for (const auto& [key, value] : info.metadata) message.element(3, encode_strings({key, value}));
  return make_detail<ErrorInfo>(message);
}

StatusDetail to_detail(const RetryInfo& info) {
  const std::int64_t nanoseconds = std::chrono::nanoseconds{info.retry_delay}.count();
  ProtoWriter duration;
  duration.varint(1, static_cast<std::uint64_t>(nanoseconds / kNanosPerSecond));
  duration.varint(2, static_cast<std::uint64_t>(nanoseconds % kNanosPerSecond));
  ProtoWriter message;
  message.element(1, duration.text());
  return make_detail<RetryInfo>(message);
}

StatusDetail to_detail(const BadRequest& info) {
  ProtoWriter message;
  for (const auto& violation : info.field_violations) {
    message.element(1, encode_strings({violation.field, violation.description}));
  }
  return make_detail<BadRequest>(message);
}

StatusDetail to_detail(const QuotaFailure& info) {
  ProtoWriter message;
  for (const auto& violation : info.violations) {
    message.element(1, encode_strings({violation.subject, violation.description}));
  }
  return make_detail<QuotaFailure>(message);
}

StatusDetail to_detail(const DebugInfo& info) {
  ProtoWriter message;
  for (const std::string& entry : info.stack_entries) message.element(1, entry);
  message.bytes(2, info.detail);
  return make_detail<DebugInfo>(message);
}

StatusDetail to_detail(const Help& info) {
  ProtoWriter message;
  for (const auto& link : info.links) message.element(1, encode_strings({link.description, link.url}));
  return make_detail<Help>(message);
}

StatusDetail to_detail(const ResourceInfo& info) {
  ProtoWriter message;
  message.bytes(1, info.resource_type);
  message.bytes(2, info.resource_name);
  message.bytes(3, info.owner);
  message.bytes(4, info.description);
  return make_detail<ResourceInfo>(message);
}

StatusDetail to_detail(const RequestInfo& info) {
  ProtoWriter message;
  message.bytes(1, info.request_id);
  message.bytes(2, info.serving_data);
  return make_detail<RequestInfo>(message);
}

StatusDetail to_detail(const PreconditionFailure& info) {
  ProtoWriter message;
  for (const auto& violation : info.violations) {
    message.element(1, encode_strings({violation.type, violation.subject, violation.description}));
  }
  return make_detail<PreconditionFailure>(message);
}

template <typename T>
std::optional<T> from_detail(const StatusDetail& detail) {
  const std::string_view url = detail.type_url;
  const std::size_t slash = url.rfind('/');
  if ((slash == std::string_view::npos ? url : url.substr(slash + 1)) != T::kType) return std::nullopt;
  T info;
  if (!decode(detail.value, info)) return std::nullopt;
  return info;
}

template std::optional<ErrorInfo> from_detail(const StatusDetail&);
template std::optional<RetryInfo> from_detail(const StatusDetail&);
template std::optional<BadRequest> from_detail(const StatusDetail&);
template std::optional<QuotaFailure> from_detail(const StatusDetail&);
template std::optional<DebugInfo> from_detail(const StatusDetail&);
template std::optional<Help> from_detail(const StatusDetail&);
template std::optional<ResourceInfo> from_detail(const StatusDetail&);
template std::optional<RequestInfo> from_detail(const StatusDetail&);
template std::optional<PreconditionFailure> from_detail(const StatusDetail&);

Status make_error(StatusCode code, std::string_view reason, std::string message, ErrorMetadata metadata) {
  require(code != StatusCode::kOk, "make_error: OK is no error");
  ErrorInfo info{.reason = std::string{reason}, .domain = std::string{kErrorDomain}, .metadata = {}};
  for (const auto& [key, value] : metadata) info.metadata.emplace_back(key, value);
  return {code, std::move(message), {to_detail(info)}};
}

Status explain_more(const Status& status, ErrorMetadata more) {
  if (status.details().empty()) return status;
  std::vector<StatusDetail> details{status.details().begin(), status.details().end()};
  for (StatusDetail& detail : details) {
    std::optional<ErrorInfo> info = own_explanation(detail);
    if (!info) continue;
    for (const auto& [key, value] : more) {
      if (!info->get(key)) info->metadata.emplace_back(key, value);
    }
    detail = to_detail(*info);
  }
  return {status.code(), std::string{status.message()}, std::move(details)};
}

Status without_explanation(const Status& status) {
  std::vector<StatusDetail> details;
  for (const StatusDetail& detail : status.details()) {
    if (!own_explanation(detail)) details.push_back(detail);
  }
  return {status.code(), std::string{status.message()}, std::move(details)};
}

std::optional<ErrorInfo> error_info(const Status& status) { return find_detail<ErrorInfo>(status); }

}  // namespace parlance::grpc
