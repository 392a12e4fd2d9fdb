#pragma once

#include <condition_variable>
#include <mutex>

#include "models/backend.h"

namespace parlance::dialects::inference::testing {

/// What a test knows of the runs of GatedBackend's models, and whether they may go on.
class Gate {
 public:
  void close() {
    const std::lock_guard lock{mutex_};
    open_ = false;
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  /// How many runs began.
  int begun() const {
    const std::lock_guard lock{mutex_};
    return begun_;
  }
  void wait_until_begun(int runs) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return begun_ >= runs; });
  }
  void pass() {
    std::unique_lock lock{mutex_};
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int begun_ = 0;
};

/// An engine whose models hand back their input, when the gate is open. Any file
/// with the ending ".gated" is one; its only input and output "x" is FP32 [-1, 2].
class GatedBackend final : public models::Backend {
 public:
  explicit GatedBackend(Gate& gate) : gate_(gate) {}

  std::string_view name() const override { return "gated"; }
  std::span<const std::string_view> extensions() const override {
    static constexpr std::string_view kExtensions[] = {".gated"};
    return kExtensions;
  }
  Result<std::unique_ptr<models::LoadedModel>> load(const models::ModelSource&,
                                                    const models::LoadOptions&) override {
    return std::make_unique<Model>(gate_);
  }

 private:
  class Model final : public models::LoadedModel {
   public:
    explicit Model(Gate& gate) : gate_(gate) {}
    const models::Signature& signature() const override { return signature_; }
    void run(models::Tensors inputs, models::RunCompletion done) override {
      gate_.pass();
      const models::Tensor& x = inputs.front();
      models::Tensors outputs;
      outputs.push_back(models::Tensor::owning("x", x.type(), x.shape(), Buffer::copy_of(x.bytes())));
      done(models::RunOutputs{.tensors = std::move(outputs)});
    }
    Status set_instances(unsigned) override { return {}; }

   private:
    Gate& gate_;
    const models::Signature signature_{.inputs = {{"x", models::DataType::kFp32, {-1, 2}}},
                                       .outputs = {{"x", models::DataType::kFp32, {-1, 2}}}};
  };

  Gate& gate_;
};

}  // namespace parlance::dialects::inference::testing
