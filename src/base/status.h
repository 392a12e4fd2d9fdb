#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance {

/// The gRPC status codes, with their numbers on the wire.
enum class StatusCode : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// "INVALID_ARGUMENT" and so on; "UNKNOWN" for a number without a name.
std::string_view to_string(StatusCode code);

/// One google.protobuf.Any of a status: a type URL ("type.googleapis.com/google.rpc.ErrorInfo") and the
/// serialised message. grpc/error_details.h makes and reads the usual ones.
struct StatusDetail {
  std::string type_url;
  std::string value;
  bool operator==(const StatusDetail&) const = default;
};

/// What a call comes to: a code, a message for people, and details for programs. OK is one null pointer;
/// copies share.
class [[nodiscard]] Status {
 public:
  /// OK.
  Status() = default;
  /// With kOk, message and details are dropped: OK carries nothing.
  Status(StatusCode code, std::string message, std::vector<StatusDetail> details = {});

  bool ok() const { return content_ == nullptr; }
  StatusCode code() const { return ok() ? StatusCode::kOk : content_->code; }
  std::string_view message() const { return ok() ? std::string_view{} : content_->message; }
  std::span<const StatusDetail> details() const {
    return ok() ? std::span<const StatusDetail>{} : std::span<const StatusDetail>{content_->details};
  }

  /// The same status with `detail` added at the end; OK stays OK.
  Status with_detail(StatusDetail detail) const;

  /// "INVALID_ARGUMENT: features field is required"; "OK".
  std::string to_string() const;

  bool operator==(const Status& other) const;

 private:
  struct Content {
    StatusCode code;
    std::string message;
    std::vector<StatusDetail> details;
    bool operator==(const Content&) const = default;
  };
  std::shared_ptr<const Content> content_;
};

/// A value, or why there is none. Never holds an OK status as its error.
template <typename T>
using Result = std::expected<T, Status>;

}  // namespace parlance
