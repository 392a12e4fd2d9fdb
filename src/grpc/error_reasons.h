#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"

namespace parlance::grpc {

/// Whether the same call may come to something else.
enum class RetryHelps : std::uint8_t {
  kNo,     // not before something is changed
  kYes,    // the fault passes by itself, or another server is chosen
  kLater,  // when the time that the status names has passed, or the load is gone
};

/// What one of the project's reasons means: `parlance explain` prints it and docs/errors.md lists it.
struct ErrorReason {
  std::string_view reason;
  /// Nothing when the fault decides it (an HTTP status, an HTTP/2 code).
  std::optional<StatusCode> code;
  RetryHelps retry;
  /// What happened, as a sentence.
  std::string_view when;
  /// What to change, as a sentence.
  std::string_view advice;
};

/// Every reason that make_error() is called with, once each, sorted. A house rule checks that the table is
/// complete.
std::span<const ErrorReason> error_reasons();

/// The entry of `reason`, or null.
const ErrorReason* find_error_reason(std::string_view reason);

/// The same for a status without details: what gRPC means by the code, and what to look at.
const ErrorReason& explanation_of(StatusCode code);

}  // namespace parlance::grpc
