#pragma once

#include <atomic>
#include <mutex>
#include <openvino/openvino.hpp>
#include <vector>

#include "base/buffer.h"
#include "models/backend.h"

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// A compiled model and the requests that run on it.
///
/// A request is used by one run at a time. Idle ones are kept; a run that finds none makes one, so there are
/// never more than threads that call at once.
class OpenVinoModel final : public LoadedModel {
 public:
  OpenVinoModel(ov::CompiledModel compiled, Signature signature);

  const Signature& signature() const override { return signature_; }
  void run(Tensors inputs, RunCompletion done) override;

 private:
  /// Where the engine is to put an output: in our memory, or (no view) in its own, from which it is copied.
  struct OutputMemory {
    Buffer buffer;
    const void* view = nullptr;
  };

  Result<Tensors> run_now(const Tensors& inputs);
  Tensors infer(const Tensors& inputs, bool rows_follow_batch);
  std::vector<OutputMemory> set_outputs(ov::InferRequest& request, const Tensors& inputs,
                                        bool rows_follow_batch) const;
  ov::InferRequest take_request();
  void give_back(ov::InferRequest request);

  ov::CompiledModel compiled_;
  const Signature signature_;
  const bool has_open_outputs_;
  /// Whether an output whose first dimension is open has as many rows as the first input: so it is with a
  /// batch. Holds until a run shows otherwise.
  std::atomic<bool> rows_follow_batch_{true};
  std::mutex mutex_;
  std::vector<ov::InferRequest> idle_;  // guarded by mutex_
};

}  // namespace parlance::models::openvino
