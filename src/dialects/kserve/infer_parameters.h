#pragma once

#include <cstdint>
#include <string>

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

/// Reads priority, timeout (microseconds), sequence_id (a number other than 0, or a text), sequence_start and
/// sequence_end; other parameters mean nothing here and are passed over. INVALID_ARGUMENT for one of those
/// that has a value of another kind.
Result<InferParameters> read_parameters(const ::inference::ModelInferRequestView& request);

}  // namespace parlance::dialects::kserve
