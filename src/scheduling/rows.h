#pragma once

#include <cstddef>
#include <span>

#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::scheduling {

/// Whether requests for such a model can share a run: the first dimension of every input and output is open.
bool has_rows(const models::Signature& signature);

/// The first dimension of the first input; 1 when it has none. Only of a model that has_rows() are these
/// rows.
std::size_t rows_of(std::span<const models::Tensor> inputs);

}  // namespace parlance::scheduling
