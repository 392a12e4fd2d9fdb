#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "models/model_version.h"
#include "models/tensor.h"

namespace parlance::scheduling {

/// A request's place in a sequence, for models that keep a state from one request to the next.
struct SequenceStep {
  std::string id;
  bool start = false;  // the state begins anew
  bool end = false;    // the state is freed when this request has its answer
};

/// What every dialect turns its requests into.
struct InferenceRequest {
  models::ModelHandle model;  // pins the version
  /// In the order of the signature, as models::bind_inputs() gives them. Borrowed bytes live until the result
  /// is there.
  models::Tensors inputs;
  /// The earliest of all deadlines that the dialect carries; never(): the call's.
  Deadline deadline;
  std::uint32_t priority = 0;  // 1 is the highest; 0: the model's own
  /// Whose share of the model it takes; outlives the call. Empty: interceptors::client_of() of the call.
  std::string_view client{};
  bool may_batch = true;  // with others
  std::optional<SequenceStep> sequence{};
};

struct InferenceResult {
  models::Tensors outputs;       // in the order of the signature
  Duration queued{};             // from infer() until its run began
  Duration computed{};           // the run, with putting it together and taking it apart
  std::size_t batch_rows = 0;    // of the run that it was part of; of several, the first
  std::size_t copied_bytes = 0;  // its share of all copies between the caller's bytes and the outputs
};

}  // namespace parlance::scheduling
