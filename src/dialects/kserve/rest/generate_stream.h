#pragma once

#include "dialects/kserve/service.h"
#include "edge/http_call.h"

namespace parlance::dialects::kserve::rest {

/// {"error": text, "reason": name}
std::string error_json(const Status& status);

/// POST …/generate_stream: the text of a model that makes text, piece by piece, each a server-sent event of
/// what …/generate answers, with that piece as "text_output"; the last has "triton_final_response": true.
/// What fails before the first piece is the status, what fails later the last event.
Task<Result<edge::HttpResponse>> generate_stream(GrpcInferenceServiceHandler& service, edge::HttpCall& call);

}  // namespace parlance::dialects::kserve::rest
