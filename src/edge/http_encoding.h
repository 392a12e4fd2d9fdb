#pragma once

#include <cstddef>

#include "base/status.h"
#include "edge/http_message.h"

namespace parlance::edge {

/// Takes the coding off a body whose Content-Encoding is gzip, deflate or zstd; never holds more than
/// `max_body_bytes`. INVALID_ARGUMENT: HTTP_ENCODING_NOT_SUPPORTED for another coding, HTTP_BAD_ENCODING for
/// a body that is not in it. RESOURCE_EXHAUSTED, DECOMPRESSED_TOO_LARGE.
Status decode_body(HttpRequest& request, std::size_t max_body_bytes);

/// Compresses an answer's body when the request's Accept-Encoding is gzip, deflate or zstd alone, which is
/// how a client asks for it. A list of several is what HTTP libraries send of their own accord, from clients
/// next door too: then time is worth more than bytes.
void encode_body(const HttpRequest& request, HttpResponse& response);

}  // namespace parlance::edge
