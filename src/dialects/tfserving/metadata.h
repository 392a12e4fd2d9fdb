#pragma once

#include "models/model_version.h"
#include "tfserving/prediction_service.pb.h"

namespace parlance::dialects::tfserving {

/// What GetModelMetadata answers for "signature_def": signatures_of(), with each tensor under the name that
/// TensorFlow gives the first output of an operation ("features:0").
::tensorflow::serving::SignatureDefMap signature_defs(const models::ModelHandle& model);

}  // namespace parlance::dialects::tfserving
