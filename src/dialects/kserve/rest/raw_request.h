#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "dialects/kserve/rest/infer_request.h"

namespace parlance::dialects::kserve::rest {

/// A body without any JSON (Inference-Header-Content-Length: 0): the raw values of the model's only input;
/// all outputs come as binary data. `metadata`: the model's serialised inference.ModelMetadataResponse. Of
/// the input's dimensions that may be of any size the first is 1 if there are several, and the one that is
/// left takes what there is. Of BYTES the body is the one element.
///
/// INVALID_ARGUMENT for a model of another number of inputs, for a shape that the size of the body does not
/// tell, and for a body that is not so many whole rows.
Result<InferRequest> read_raw_request(const ModelName& name, Bytes metadata, std::string_view body);

}  // namespace parlance::dialects::kserve::rest
