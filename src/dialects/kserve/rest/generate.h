#pragma once

#include <string_view>

#include "base/buffer.h"
#include "base/status.h"
#include "dialects/kserve/rest/infer_request.h"

namespace parlance::dialects::kserve::rest {

/// The body of POST …/generate and …/generate_stream as a serialised inference.ModelInferRequest:
/// "text_input", a text, is the input of that name, "id" the request's, and everything else, also what the
/// object "parameters" holds, are parameters. "stream" says nothing that the path does not.
///
/// INVALID_ARGUMENT, INVALID_INPUT, for what is not JSON or has another shape.
Result<Buffer> read_generate_request(const ModelName& name, std::string_view body);

}  // namespace parlance::dialects::kserve::rest
