#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "models/backend.h"
#include "models/backends/synthetic/timer_thread.h"

// Included by this folder's sources only.
namespace parlance::models::synthetic {

/// Instances that are busy for as long as the configuration says.
class SyntheticModel final : public LoadedModel {
 public:
  SyntheticModel(Signature signature, SyntheticConfig times, unsigned instances,
                 std::shared_ptr<TimerThread> timer);

  const Signature& signature() const override { return signature_; }
  bool runs_elsewhere() const override { return true; }
  void run(Tensors inputs, RunCompletion done) override;
  Status set_instances(unsigned count) override;

 private:
  /// When a run of so many rows that comes now will have passed.
  TimePoint book(std::size_t rows);
  Result<RunOutputs> outputs_of(const Tensors& inputs) const;

  const Signature signature_;
  const SyntheticConfig times_;
  const std::shared_ptr<TimerThread> timer_;
  std::mutex mutex_;
  std::vector<TimePoint> free_at_;  // guarded by mutex_; of each instance
};

}  // namespace parlance::models::synthetic
