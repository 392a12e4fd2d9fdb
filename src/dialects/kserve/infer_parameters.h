#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "kserve/grpc_service.views.h"

namespace parlance::dialects::kserve {

/// What the parameters of a request ask of the scheduler.
struct InferParameters {
  std::uint32_t priority = 0;           // 1 is the highest; 0: none given
  Duration timeout = Duration::zero();  // zero: none given
  std::string sequence_id;              // empty: the request stands alone
  bool sequence_start = false;
  bool sequence_end = false;
};

/// Reads priority, timeout (microseconds), sequence_id (a number other than 0, or a text), sequence_start,
/// sequence_end and triton_enable_empty_final_response; other parameters mean nothing here and are passed
/// over. INVALID_ARGUMENT for one of those that has a value of another kind, and for others named triton_….
Result<InferParameters> read_parameters(const ::inference::ModelInferRequestView& request);

/// A parameter's whole number, which clients write as either kind. INVALID_ARGUMENT when it has none, or a
/// negative one.
Result<std::uint64_t> whole_number(std::string_view name, const ::inference::InferParameterView& parameter);
/// INVALID_ARGUMENT in Triton's words: parameter `name` is to have the field `expected`.
std::unexpected<Status> wrong_kind(std::string_view name, std::string_view expected);

}  // namespace parlance::dialects::kserve
