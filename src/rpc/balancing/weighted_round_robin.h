#pragma once

#include <map>
#include <optional>
#include <vector>

#include "rpc/balancing/backend_weight.h"
#include "rpc/balancing/connect_to_all.h"
#include "rpc/balancing/edf_scheduler.h"

namespace parlance::balancing {

/// "weighted_round_robin" (gRPC A58): every ready backend in turn, in proportion to what its load reports say
/// it can take. Backends of which nothing is known get the mean of the others; when fewer than two are known
/// all get the same. Weights are taken over once an update period.
class WeightedRoundRobin final : public ConnectToAll {
 public:
  /// Shorter update periods are taken as this.
  static constexpr Duration kMinUpdatePeriod = std::chrono::milliseconds{100};

  WeightedRoundRobin(const WeightedRoundRobinConfig& config, PolicyHost& host);

  /// Counts only reports of the kind that the config asks for.
  void on_load_report(BackendId backend, const LoadReport& report, bool out_of_band) override;
  void on_timer() override;

 private:
  BackendId choose() override;
  void on_ready_changed() override;
  void on_became_ready(BackendId backend) override { weights_[backend].on_ready(); }
  void on_removed(BackendId backend) override { weights_.erase(backend); }

  std::vector<double> current_weights();
  void schedule(std::vector<double> weights);
  void arm();

  WeightedRoundRobinConfig config_;
  std::map<BackendId, BackendWeight> weights_;
  /// Of ready(), in its order; what the scheduler was made of.
  std::vector<double> scheduled_;
  std::optional<EdfScheduler> scheduler_;
};

/// Zeros replaced by the mean of the others; all ones when fewer than two are not zero. No weight is more
/// than ten times the mean or less than a hundredth of it: a backend that gets no calls sends no reports, and
/// one wrong report must not draw all calls to one backend.
std::vector<double> effective_weights(std::vector<double> weights);

}  // namespace parlance::balancing
