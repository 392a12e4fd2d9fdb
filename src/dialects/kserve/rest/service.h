#pragma once

#include <memory>

#include "dialects/kserve/service.h"
#include "edge/http_call.h"
#include "edge/http_routes.h"

namespace parlance::dialects::kserve::rest {

/// Adds the Open Inference Protocol v2 as REST, with Triton's extensions, below /v2, and that errors there
/// are
/// {"error": text}. Each request becomes the message of `service` that asks the same, and the answer its
/// answer: both forms say the same, also of what is wrong.
///
/// Health and readiness are 200 or 400, with what gRPC answers as JSON.
void add_routes(std::shared_ptr<GrpcInferenceServiceHandler> service, edge::HttpRoutes& routes);

}  // namespace parlance::dialects::kserve::rest
