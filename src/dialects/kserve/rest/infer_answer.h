#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "dialects/kserve/rest/infer_request.h"
#include "edge/http_message.h"

namespace parlance::dialects::kserve::rest {

/// An answer of ModelInfer, `message` being the serialised inference.ModelInferResponse with raw contents, as
/// that of POST …/infer: JSON whose outputs are flat arrays, or have "binary_data_size" and follow it; then
/// Inference-Header-Content-Length is the length of the JSON.
///
/// INVALID_ARGUMENT for an output that cannot be JSON and was not asked for as binary data.
Result<edge::HttpResponse> write_infer_answer(Bytes message, const OutputForms& forms);

/// The same as an answer of POST …/generate: an object with the parameters and outputs by their names, an
/// output of one element without its array.
Result<std::string> generate_json(Bytes message);

}  // namespace parlance::dialects::kserve::rest
