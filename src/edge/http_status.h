#pragma once

#include <optional>

#include "base/deadline.h"
#include "base/status.h"
#include "edge/http_message.h"

namespace parlance::edge {

/// The HTTP status of a call's status: the table of google/rpc/code.proto, with 405 for
/// HTTP_METHOD_NOT_ALLOWED, 413 for DECOMPRESSED_TOO_LARGE and 415 for HTTP_ENCODING_NOT_SUPPORTED.
unsigned http_status_of(const Status& status);

/// An error in a line of text, for whoever has no protocol of his own for it.
HttpResponse error_as_text(const Status& status);

/// The fields that an error's answer has in any protocol: Retry-After (in whole seconds) and retry-after-ms
/// when a retry helps after `retry_after` or after the RetryInfo of the status, WWW-Authenticate with 401,
/// Allow with 405.
void add_error_fields(const Status& status, std::optional<Duration> retry_after, HttpResponse& response);

}  // namespace parlance::edge
