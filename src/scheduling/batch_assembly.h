#pragma once

#include <cstddef>
#include <span>

#include "base/status.h"
#include "models/tensor.h"
#include "scheduling/queued_request.h"

namespace parlance::scheduling {

/// The inputs of one run made of those of `requests`, `rows` in all and `padded_rows` of zeros behind them.
/// One request without padding keeps its own tensors, aligned; else each input is copied once into one
/// buffer. What was copied is added to the requests' copied_bytes.
models::Tensors assemble(std::span<QueuedRequest* const> requests, std::size_t rows, std::size_t padded_rows);

/// `count` rows of each tensor, from `first` on: slices of the same memory.
models::Tensors slice_rows(const models::Tensors& tensors, std::size_t first, std::size_t count);

/// The rows of all `parts`, in their order; each tensor is copied once, which is added to `copied_bytes`.
models::Tensors join_rows(std::span<const models::Tensors> parts, std::size_t& copied_bytes);

/// Whether each tensor has that many rows.
bool have_rows(const models::Tensors& tensors, std::size_t rows);

}  // namespace parlance::scheduling
