#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "grpc/header_list.h"
#include "http2/error_code.h"
#include "http2/header_field.h"

namespace parlance::grpc {

/// Bounds of what a status takes in the trailers, so that it arrives: clients refuse a header list of more
/// than 8 KiB (the gRPC default) and would lose even the code. A longer message is cut at a character and
/// ends in "…"; larger details are left out.
inline constexpr std::size_t kMaxStatusMessageBytes = 2 * 1024;  // percent-encoded
inline constexpr std::size_t kMaxStatusDetailsBytes = 4 * 1024;  // base64

/// Appends `grpc-status`, `grpc-message` (when there is one) and `grpc-status-details-bin` (when there are
/// details). `fields` owns what is made.
void append_status(const Status& status, HeaderList& fields);

/// The status of trailers or of a Trailers-Only response. `http_status` is the response's `:status`; a
/// `:status` among `fields` overrules it. It decides only when there is no `grpc-status`; with 200 the call
/// ends as UNKNOWN then. A `grpc-status` that is no number is UNKNOWN too; a number without a name is UNKNOWN
/// and says so. Details are taken from `grpc-status-details-bin` when its code is the same, and are otherwise
/// left out, never an error.
Status status_from_trailers(http2::HeaderFields fields, int http_status = 200);

/// Whether a header section has a `grpc-status`: a Trailers-Only response, or trailers.
bool has_grpc_status(http2::HeaderFields fields);

/// The `:status` of a response; nothing when it is missing or no number of three digits.
std::optional<int> http_status(http2::HeaderFields fields);

/// What a response without `grpc-status` means (the http-grpc-status-mapping of gRPC).
StatusCode code_from_http_status(int http_status);
/// The same as a whole status, with ErrorInfo{reason HTTP_STATUS, observed}.
Status status_from_http_status(int http_status);

/// What a stream that ended with RST_STREAM or GOAWAY means. CANCEL is CANCELLED: the caller turns it into
/// DEADLINE_EXCEEDED when its own deadline has passed.
StatusCode code_from_http2(http2::ErrorCode code);
/// The same as a whole status, of a stream that the peer reset: "stream ended with REFUSED_STREAM" and
/// `reason` behind it. The ErrorInfo has the http2_code; its reason is STREAM_REFUSED, STREAM_CANCELLED,
/// EXCESSIVE_LOAD, INADEQUATE_SECURITY or, for what a caller cannot tell apart, STREAM_RESET.
Status status_from_http2(http2::ErrorCode code, std::string_view reason = {});

/// google.rpc.Status{code, message, details} as bytes, and back. Nothing for bytes that are no such message.
/// A decoded code of 0 gives OK; one that has no name gives UNKNOWN.
std::string encode_rpc_status(const Status& status);
std::optional<Status> decode_rpc_status(std::string_view bytes);

}  // namespace parlance::grpc
