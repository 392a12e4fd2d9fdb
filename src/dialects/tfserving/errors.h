#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "grpc/error_details.h"

namespace parlance::dialects::tfserving {

/// A status's message as TensorFlow Serving sends it: of more than 1024 bytes the first and "...TRUNCATED".
/// Cut between characters, so that what is UTF-8 stays UTF-8.
Status cut(const Status& status);

/// NOT_FOUND (MODEL_NOT_FOUND) "Servable not found for request: Latest(x)", or Specific(x, 3) with a version.
std::unexpected<Status> servable_not_found(std::string_view model, std::optional<std::int64_t> version);

/// Bytes that a tensor may grow to by repeating what was sent once: what is larger is worth sending.
inline constexpr std::size_t kMostRepeatedBytes = std::size_t{64} << 20;

/// RESOURCE_EXHAUSTED (TENSOR_TOO_LARGE): repeated values of that input are above `limit` bytes.
std::unexpected<Status> too_large(std::string_view input, std::size_t limit = kMostRepeatedBytes);

/// OK for up to `most` things, called `what`, that one request may have; else RESOURCE_EXHAUSTED
/// (BATCH_TOO_LARGE).
Status check_count(std::string_view what, std::size_t count, std::size_t most);

/// FAILED_PRECONDITION or INVALID_ARGUMENT (SIGNATURE_NOT_FOUND): the model has no signature for that.
std::unexpected<Status> no_signature(StatusCode code, std::string message);

}  // namespace parlance::dialects::tfserving
