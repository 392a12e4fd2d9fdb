#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/data_type.h"
#include "models/shape.h"
#include "models/signature.h"

namespace parlance::dialects::kserve {

// What can be wrong with inputs and outputs, in the words of Triton, which its users look for; what those
// leave out stands behind them. All are INVALID_ARGUMENT (INVALID_INPUT).

/// `text`, behind the request's id as Triton writes it.
std::unexpected<Status> refused(const ::inference::ModelInferRequestView& request, std::string_view text);

/// None of `known`.
std::unexpected<Status> unexpected_input(const ::inference::ModelInferRequestView& request,
                                         std::string_view name, std::span<const models::TensorSpec> known);
std::unexpected<Status> unexpected_output(const ::inference::ModelInferRequestView& request,
                                          std::string_view name, std::span<const models::TensorSpec> known);

/// `observed` elements of BYTES in place of `expected`.
std::unexpected<Status> wrong_elements(const ::inference::ModelInferRequestView& request,
                                       std::string_view input, std::size_t expected, std::size_t observed);
/// There are no values of an input that needs some.
std::unexpected<Status> no_values(const ::inference::ModelInferRequestView& request, std::string_view input);

/// OK when the inputs are those of `specs`, each once.
Status check_names(const ::inference::ModelInferRequestView& request,
                   std::span<const models::TensorSpec> specs);
/// The shape of an input that has the datatype of `spec` and a shape that it allows.
Result<models::Shape> read_shape(const ::inference::ModelInferRequestView& request,
                                 const ::inference::ModelInferRequestView::InferInputTensor& input,
                                 const models::TensorSpec& spec);
/// OK when there are no raw contents, or one for each input that is not in shared memory and no typed ones.
Status check_raw_contents(const ::inference::ModelInferRequestView& request);
/// OK when the raw values of input `name` are `elements` elements of `type`.
Status check_values(const ::inference::ModelInferRequestView& request, std::string_view name,
                    models::DataType type, std::size_t elements, Bytes raw);

bool is_in_shared_memory(const ::inference::ModelInferRequestView::InferInputTensor& input);

}  // namespace parlance::dialects::kserve
