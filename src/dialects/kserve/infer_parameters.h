#pragma once

#include <cstdint>
#include <expected>
#include <optional>
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

/// A parameter's whole number, which clients write as either kind; nothing: it has none, or a negative one.
std::optional<std::uint64_t> whole_number(const ::inference::InferParameterView& parameter);
/// INVALID_ARGUMENT: parameter `name` must be `needed`.
std::unexpected<Status> wrong_kind(std::string_view name, std::string_view needed);

}  // namespace parlance::dialects::kserve
