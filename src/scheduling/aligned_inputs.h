#pragma once

#include <cstddef>

#include "models/tensor.h"

namespace parlance::scheduling {

/// Engines read elements, so their inputs lie aligned for them. Copies those borrowed tensors that do not
/// (bytes of a message may begin anywhere); returns how many bytes that were.
std::size_t align_inputs(models::Tensors& inputs);

}  // namespace parlance::scheduling
