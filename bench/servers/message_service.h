#pragma once

#include <memory>

#include "rpc/service.h"

/// inference.InferenceService without a model, on protobuf messages. Predict answers ten times the sum of the
/// features, StreamingPredict and BatchPredict the same for each message; Generate answers max_tokens times
/// the same token as fast as it can be written; Embed is UNIMPLEMENTED.
std::shared_ptr<parlance::Service> make_message_service();
