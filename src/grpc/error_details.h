#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"

namespace parlance::grpc {

// The details that google/rpc/error_details.proto defines, as plain values. Each has its type name, how it
// becomes a StatusDetail (`to_detail`) and how it is read back (`from_detail`, `find_detail`).

/// Why a call failed, for programs: `reason` is UPPER_SNAKE_CASE and unique within `domain`.
struct ErrorInfo {
  static constexpr std::string_view kType = "google.rpc.ErrorInfo";
  std::string reason;
  std::string domain;
  std::vector<std::pair<std::string, std::string>> metadata;

  /// The value of `key`, or nothing.
  std::optional<std::string_view> get(std::string_view key) const;
  bool operator==(const ErrorInfo&) const = default;
};

/// When it makes sense to try again.
struct RetryInfo {
  static constexpr std::string_view kType = "google.rpc.RetryInfo";
  Duration retry_delay{};
  bool operator==(const RetryInfo&) const = default;
};

/// Which fields of the request are wrong.
struct BadRequest {
  static constexpr std::string_view kType = "google.rpc.BadRequest";
  struct FieldViolation {
    std::string field;
    std::string description;
    bool operator==(const FieldViolation&) const = default;
  };
  std::vector<FieldViolation> field_violations;
  bool operator==(const BadRequest&) const = default;
};

/// Which limit was met, and whose.
struct QuotaFailure {
  static constexpr std::string_view kType = "google.rpc.QuotaFailure";
  struct Violation {
    std::string subject;
    std::string description;
    bool operator==(const Violation&) const = default;
  };
  std::vector<Violation> violations;
  bool operator==(const QuotaFailure&) const = default;
};

struct DebugInfo {
  static constexpr std::string_view kType = "google.rpc.DebugInfo";
  std::vector<std::string> stack_entries;
  std::string detail;
  bool operator==(const DebugInfo&) const = default;
};

struct Help {
  static constexpr std::string_view kType = "google.rpc.Help";
  struct Link {
    std::string description;
    std::string url;
    bool operator==(const Link&) const = default;
  };
  std::vector<Link> links;
  bool operator==(const Help&) const = default;
};

struct ResourceInfo {
  static constexpr std::string_view kType = "google.rpc.ResourceInfo";
  std::string resource_type;
  std::string resource_name;
  std::string owner;
  std::string description;
  bool operator==(const ResourceInfo&) const = default;
};

struct RequestInfo {
  static constexpr std::string_view kType = "google.rpc.RequestInfo";
  std::string request_id;
  std::string serving_data;
  bool operator==(const RequestInfo&) const = default;
};

/// What must hold before the request can succeed.
struct PreconditionFailure {
  static constexpr std::string_view kType = "google.rpc.PreconditionFailure";
  struct Violation {
    std::string type;
    std::string subject;
    std::string description;
    bool operator==(const Violation&) const = default;
  };
  std::vector<Violation> violations;
  bool operator==(const PreconditionFailure&) const = default;
};

StatusDetail to_detail(const ErrorInfo& info);
StatusDetail to_detail(const RetryInfo& info);
StatusDetail to_detail(const BadRequest& info);
StatusDetail to_detail(const QuotaFailure& info);
StatusDetail to_detail(const DebugInfo& info);
StatusDetail to_detail(const Help& info);
StatusDetail to_detail(const ResourceInfo& info);
StatusDetail to_detail(const RequestInfo& info);
StatusDetail to_detail(const PreconditionFailure& info);

/// The detail as a `T`, one of the types above; nothing when it is of another type or malformed. The type is
/// what follows the last '/' of the URL.
template <typename T>
std::optional<T> from_detail(const StatusDetail& detail);

/// The first detail of type `T`.
template <typename T>
std::optional<T> find_detail(const Status& status) {
  for (const StatusDetail& detail : status.details()) {
    if (std::optional<T> found = from_detail<T>(detail)) return found;
  }
  return std::nullopt;
}

/// The domain of every ErrorInfo this project makes.
inline constexpr std::string_view kErrorDomain = "parlance";

/// Key and value of an ErrorInfo made here. The keys:
///   hop         where the status was made: `client` or `server`; one that a handler passes on keeps its own
///   http2_code  the RFC 9113 error code that was sent or received: `ENHANCE_YOUR_CALM`
///   limit       what would have been taken; a number's unit is that of the knob, times are in ms
///   observed    what was there instead
///   knob        the option, flag or header to change
///   target      what the channel was opened with
///   attempts    how many attempts the call took, when it took more than one
using ErrorMetadata = std::initializer_list<std::pair<std::string_view, std::string>>;

/// The one maker of the project's own errors: the status with ErrorInfo{reason, domain "parlance", metadata}.
/// `reason` is UPPER_SNAKE_CASE ("MESSAGE_TOO_LARGE"); `code` is not OK.
Status make_error(StatusCode code, std::string_view reason, std::string message, ErrorMetadata metadata = {});

/// Adds to what make_error() put into the status the keys that are not there yet. A status without such an
/// explanation stays as it is.
Status explain_more(const Status& status, ErrorMetadata more);

/// The status without what make_error() put into its details; code and message stay.
Status without_explanation(const Status& status);

/// The first ErrorInfo of the status, whoever made it.
std::optional<ErrorInfo> error_info(const Status& status);

}  // namespace parlance::grpc
