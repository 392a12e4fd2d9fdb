#include "rpc/balancing/backend_weight.h"

#include <algorithm>
#include <cmath>

namespace parlance::balancing {

void BackendWeight::update(const LoadReport& report, const WeightedRoundRobinConfig& config, TimePoint now) {
  const double told =
      report.application_utilization > 0 ? report.application_utilization : report.cpu_utilization;
  const double rate = report.requests_per_second;
  if (!(told > 0) || !(rate > 0)) return;
  const double errors = std::max(report.errors_per_second, 0.0);
  const double weight = rate / (told + errors / rate * config.error_utilization_penalty);
  if (!(weight > 0) || !std::isfinite(weight)) return;
  if (!told_since_) told_since_ = now;
  last_told_ = now;
  weight_ = weight;
}

double BackendWeight::get(const WeightedRoundRobinConfig& config, TimePoint now) {
  if (!told_since_) return 0;
  if (now - last_told_ >= config.weight_expiration_period) {
    told_since_.reset();
    return 0;
  }
  return now - *told_since_ < config.blackout_period ? 0 : weight_;
}

}  // namespace parlance::balancing
