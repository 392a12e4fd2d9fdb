#pragma once

#include <memory>

#include "dialects/torchserve/management_service.h"
#include "dialects/torchserve/service.h"
#include "edge/http_routes.h"

namespace parlance::dialects::torchserve {

/// TorchServe's REST of inference: GET /ping; POST and PUT of a body, which is the input, or a
/// form (form.h), to /predictions/{model} and /predictions/{model}/{version}. Errors are TorchServe's
/// {"code", "type", "message"}.
void add_inference_routes(std::shared_ptr<InferenceApisHandler> handler, edge::HttpRoutes& routes);

/// Its REST of management, the calls of the management service with the query as parameters: GET and POST
/// /models, GET, PUT and DELETE /models/{model} and /models/{model}/{version}, PUT
/// /models/{model}/{version}/set-default.
void add_management_routes(std::shared_ptr<ManagementApisHandler> handler, edge::HttpRoutes& routes);

}  // namespace parlance::dialects::torchserve
