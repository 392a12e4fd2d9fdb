#include "rpc/balancing/weighted_round_robin.h"

#include <algorithm>
#include <numeric>

namespace parlance::balancing {
namespace {

constexpr double kHighestToMean = 10;
constexpr double kLowestToMean = 0.01;

}  // namespace

std::vector<double> effective_weights(std::vector<double> weights) {
  const auto known = std::ranges::count_if(weights, [](double weight) { return weight > 0; });
  if (known < 2) {
    std::ranges::fill(weights, 1.0);
    return weights;
  }
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(known);
  for (double& weight : weights) {
    weight = weight > 0 ? std::clamp(weight, mean * kLowestToMean, mean * kHighestToMean) : mean;
  }
  return weights;
}

WeightedRoundRobin::WeightedRoundRobin(const WeightedRoundRobinConfig& config, PolicyHost& host)
    : ConnectToAll(host), config_(config) {
  config_.weight_update_period = std::max(config_.weight_update_period, kMinUpdatePeriod);
}

void WeightedRoundRobin::on_load_report(BackendId backend, const LoadReport& report, bool out_of_band) {
  if (out_of_band != config_.enable_oob_load_report) return;
  const auto found = weights_.find(backend);
  if (found != weights_.end()) found->second.update(report, config_, host().now());
}

BackendId WeightedRoundRobin::choose() { return ready()[scheduler_->next()]; }

void WeightedRoundRobin::on_ready_changed() {
  schedule(current_weights());
  arm();
}

void WeightedRoundRobin::on_timer() {
  std::vector<double> weights = current_weights();
  if (weights != scheduled_) schedule(std::move(weights));
  arm();
}

std::vector<double> WeightedRoundRobin::current_weights() {
  std::vector<double> weights;
  weights.reserve(ready().size());
  for (const BackendId backend : ready()) weights.push_back(weights_[backend].get(config_, host().now()));
  return effective_weights(std::move(weights));
}

void WeightedRoundRobin::schedule(std::vector<double> weights) {
  scheduler_.emplace(weights, host());
  scheduled_ = std::move(weights);
}

void WeightedRoundRobin::arm() {
  const bool weights_matter = ready().size() > 1;
  host().arm(weights_matter ? host().now() + config_.weight_update_period : TimePoint::max());
}

}  // namespace parlance::balancing
