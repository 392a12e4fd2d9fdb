#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/status.h"
#include "models/backend.h"
#include "models/backends/python/shared_memory.h"
#include "models/signature.h"

// What is said between the server and a worker: a JSON object a packet; tensors lie in shared memory. The
// other side is pyworker/worker.py. Included by this folder's sources only.
namespace parlance::models::python {

using Json = nlohmann::json;

/// Longest packet of either side.
inline constexpr std::size_t kMostPacketBytes = std::size_t{64} * 1024;

/// `{"op": "load", …}`: what the model is, for its load().
Json load_message(const ModelSource& source, const LoadOptions& options);

/// Copies `inputs` into `memory`; `{"op": "run", "inputs": […], "stream": …}`.
Result<Json> run_message(const Tensors& inputs, bool streams, SharedMemory& memory);

/// What a model says of itself once it is loaded.
struct ModelSays {
  Signature signature;  // as its class declares it; empty lists where it declares nothing
  bool streams = false;
};

/// Nothing when it is not what a worker says.
std::optional<ModelSays> read_loaded(const Json& message);

/// The words of `{"error": {…}}` as a status, when that is what `message` is.
std::optional<Status> read_error(const Json& message);

/// A worker's word about its own memory that cannot be true, or no word at all.
struct Nonsense {
  std::string what;
};

/// The outputs that `message` says lie in `memory`, copied and checked against `outputs`. INTERNAL,
/// INFERENCE_FAILED when they are not what the signature has; Nonsense when they lie where nothing is.
std::expected<Result<RunOutputs>, Nonsense> read_outputs(const Json& message,
                                                         const std::vector<TensorSpec>& outputs,
                                                         SharedMemory& memory, std::size_t most_bytes);

/// INTERNAL, INFERENCE_FAILED, "Inference failed: …".
Status inference_failed(const std::string& what);

}  // namespace parlance::models::python
