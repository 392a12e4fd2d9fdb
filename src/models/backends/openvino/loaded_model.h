#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <openvino/openvino.hpp>
#include <vector>

#include "base/buffer.h"
#include "models/backend.h"

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// One model, compiled at least once.
struct Compiled {
  /// Compiled without streams: a run is made on the caller's thread.
  bool on_caller = false;
  std::vector<ov::CompiledModel> copies;
};

/// A compiled model and the lanes it runs on.
///
/// A lane is used by one run at a time. Idle ones are kept; a run that finds none makes one, so there are
/// never more than threads that call at once. Lanes are spread over the compiled copies: runs on different
/// copies do not wait for each other, and one copy runs as many at once as it has streams.
class OpenVinoModel final : public LoadedModel {
 public:
  /// Compiles the model for so many runs at once; throws what the engine throws.
  using Compile = std::function<Compiled(unsigned instances)>;
  OpenVinoModel(Compiled compiled, Compile compile, Signature signature,
                std::unique_ptr<Tokenizer> tokenizer);

  const Signature& signature() const override { return signature_; }
  void run(Tensors inputs, RunCompletion done) override;
  Status set_instances(unsigned count) override;
  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }

 private:
  /// A request and the tensors it keeps: small tensors are copied into and out of these, as to give a request
  /// another tensor takes longer than that. An empty one stands for memory of ours that was lent for a run.
  struct Lane {
    ov::InferRequest request;
    std::vector<ov::Tensor> inputs;
    std::vector<ov::Tensor> outputs;
    bool rows_follow_batch = true;
    std::uint64_t compilation = 0;
    std::size_t copied_bytes = 0;  // of the run under way
    bool on_caller = false;
  };

  Result<RunOutputs> run_now(const Tensors& inputs);
  RunOutputs infer(const Tensors& inputs, bool rows_follow_batch);
  static void set_input(Lane& lane, std::size_t index, const Tensor& input);
  /// Memory that the output is written into, when it is lent to the engine; else empty.
  Buffer set_output(Lane& lane, std::size_t index, const Tensors& inputs, bool rows_follow_batch) const;
  Tensor take_output(Lane& lane, std::size_t index, Buffer lent) const;
  /// A lane whose outputs were all set with the same `rows_follow_batch`: an output once set cannot be left
  /// to the engine again.
  Lane take_lane(bool rows_follow_batch);
  void give_back(Lane lane);

  const Compile compile_;
  const Signature signature_;
  const std::unique_ptr<Tokenizer> tokenizer_;
  const bool has_open_outputs_;
  /// Whether an output whose first dimension is open has as many rows as the first input: so it is with a
  /// batch. Holds until a run shows otherwise.
  std::atomic<bool> rows_follow_batch_{true};
  std::mutex mutex_;
  Compiled compiled_;              // guarded by mutex_
  std::uint64_t compilation_ = 0;  // guarded by mutex_; how often it was compiled anew
  std::vector<Lane> idle_;         // guarded by mutex_; all of this compilation
  std::size_t lanes_made_ = 0;     // guarded by mutex_
};

}  // namespace parlance::models::openvino
