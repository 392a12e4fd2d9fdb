#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace parlance::dialects::torchserve {

/// TorchServe's exceptions that its clients may look for.
enum class Exception : std::uint8_t {
  kBadRequest,
  kConflictStatus,
  kInternalServer,
  kInvalidKey,
  kInvalidModel,
  kInvalidModelVersion,
  kMethodNotAllowed,
  kModel,
  kModelNotFound,
  kModelVersionNotFound,
  kResourceNotFound,
  kServiceUnavailable,
};

/// What TorchServe makes of one.
struct ExceptionKind {
  std::string_view class_name;  // "org.pytorch.serve.http.BadRequestException"
  StatusCode code;              // over gRPC
  int http_status;

  /// "BadRequestException".
  std::string_view simple_name() const { return class_name.substr(class_name.rfind('.') + 1); }
};

const ExceptionKind& kind_of(Exception exception);

/// The exception as a status: TorchServe's message is `text` and, in a line of its own, the class.
Status thrown(Exception exception, std::string_view text);

/// The exception that an inference of TorchServe's fails with where this server's fails with `status`; that
/// status when there is none.
Status exception_of(const Status& status, std::string_view model, std::string_view version);

/// What TorchServe's inference service fails with where this server's fails with `status`: INTERNAL for a
/// model or version there is not and for one that cannot take the request, else the code as it is; the
/// exception is named in the message's last line. What says that the caller left or waited too long stays.
Status own_status(const Status& status, std::string_view model, std::string_view version);

/// What was given to thrown(); nothing for another status.
struct Thrown {
  const ExceptionKind* kind = nullptr;  // null: none of these
  std::string_view text;                // of the status, as long as that lives
};
Thrown thrown_in(const Status& status);

}  // namespace parlance::dialects::torchserve
