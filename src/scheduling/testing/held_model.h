#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "models/backend.h"

namespace parlance::scheduling::testing {

/// An engine that answers when the test says so: input "x" FP32 [-1, 2] (and, with a state, "s" FP32 [1, 2]),
/// output "y", which is x; with a state it is x + s in every row, and "t", the last row of that, the next s.
class HeldModel final : public models::LoadedModel {
 public:
  explicit HeldModel(bool has_state = false, models::Shape shape = {-1, 2}) {
    signature_.inputs.push_back({"x", models::DataType::kFp32, shape});
    signature_.outputs.push_back({"y", models::DataType::kFp32, shape});
    if (!has_state) return;
    signature_.inputs.push_back({"s", models::DataType::kFp32, {1, 2}});
    signature_.outputs.push_back({"t", models::DataType::kFp32, {1, 2}});
  }

  const models::Signature& signature() const override { return signature_; }
  Status set_instances(unsigned) override { return {}; }
  bool runs_elsewhere() const override { return elsewhere; }
  bool elsewhere = false;  // set before anybody asks

  void run(models::Tensors inputs, models::RunCompletion done) override {
    {
      const std::lock_guard lock{mutex_};
      seen_.push_back(inputs);
      if (held_) {
        waiting_.push_back({std::move(inputs), std::move(done)});
        changed_.notify_all();
        return;
      }
    }
    done(outputs_of(inputs));
  }

  /// From now on runs wait for finish(), or not.
  void hold(bool held = true) {
    const std::lock_guard lock{mutex_};
    held_ = held;
  }
  /// Waits until so many runs wait.
  void wait_for(std::size_t runs) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return waiting_.size() >= runs; });
  }
  /// Ends the run that began as number `index` of those that wait.
  void finish(std::size_t index = 0, Status status = {}, bool is_typical = true) {
    Waiting run;
    {
      const std::lock_guard lock{mutex_};
      run = std::move(waiting_[index]);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    if (!status.ok()) return run.done(std::unexpected{std::move(status)});
    models::RunOutputs outputs = outputs_of(run.inputs);
    outputs.is_typical = is_typical;
    run.done(std::move(outputs));
  }
  /// The inputs of every run that began.
  std::vector<models::Tensors> seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
  }

 private:
  struct Waiting {
    models::Tensors inputs;
    models::RunCompletion done;
  };

  models::RunOutputs outputs_of(const models::Tensors& inputs) const {
    const models::Tensor& x = inputs[0];
    Buffer bytes = Buffer::copy_of(x.bytes());
    models::RunOutputs outputs;
    if (inputs.size() == 1) {
      outputs.tensors.push_back(models::Tensor::owning("y", x.type(), x.shape(), std::move(bytes)));
      return outputs;
    }
    const auto state = inputs[1].as<float>();
    auto* values = reinterpret_cast<float*>(bytes.writable().data());
    for (std::size_t i = 0; i < x.as<float>().size(); ++i) values[i] += state[i % 2];
    const models::Tensor y = models::Tensor::owning("y", x.type(), x.shape(), std::move(bytes));
    outputs.tensors.push_back(y);
    outputs.tensors.push_back(y.rows(static_cast<std::size_t>(x.shape()[0]) - 1, 1).named("t"));
    return outputs;
  }

  models::Signature signature_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::deque<Waiting> waiting_;
  std::vector<models::Tensors> seen_;
};

}  // namespace parlance::scheduling::testing
