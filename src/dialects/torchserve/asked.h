#pragma once

#include <string_view>

#include "base/status.h"
#include "models/repository.h"
#include "torchserve/inference.parlance.h"

namespace parlance::dialects::torchserve {

namespace messages = ::org::pytorch::serve::grpc::inference;

/// Which model a request asks, and what.
struct Asked {
  models::ModelHandle model;
  std::string_view input;  // borrowed from the request
};

/// The input is what stands under "data", else "body", else the only entry, as handlers of TorchServe have
/// it. A version may be a number, also as TorchServe's archives write it ("1.0"), or a label.
/// INVALID_ARGUMENT, INVALID_INPUT, for a request without model_name or input; NOT_FOUND or UNAVAILABLE as
/// Repository::find().
Result<Asked> read_request(const models::Repository& repository, const messages::PredictionsRequest& request);

}  // namespace parlance::dialects::torchserve
