#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialects/torchserve/tensor_input.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::dialects::torchserve {

/// Whether a model takes a request's bytes as they are, as a TorchServe handler does: its one input is BYTES
/// of one dimension.
bool takes_body(const models::Signature& signature);

/// Such a model's input: one element.
TensorInput to_body(const models::Signature& signature, std::string_view input);

/// The bytes of a model's only output: its one element, or, of a model that takes_body(), all of them, which
/// are the parts of its stream. Nothing when that is not what it has.
std::optional<std::string> body_of(const models::Signature& signature, const models::Tensors& outputs);

}  // namespace parlance::dialects::torchserve
