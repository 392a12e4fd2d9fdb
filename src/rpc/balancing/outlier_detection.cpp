#include "rpc/balancing/outlier_detection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::balancing {
namespace {

constexpr std::uint64_t kPercent = 100;
/// An interval of zero would be a timer that spins.
constexpr Duration kMinInterval = std::chrono::milliseconds{1};

bool ejects_from(const OutlierDetectionConfig& config) {
  const bool wanted = config.success_rate || config.failure_percentage;
  return wanted && !std::holds_alternative<PickFirstConfig>(config.child);
}

Status ejected_status(std::uint64_t failures, std::uint64_t calls) {
  return grpc::make_error(
      StatusCode::kUnavailable, "BACKEND_EJECTED",
      concat("outlier detection took the backend out of service: ", failures, " of its last ", calls,
             " calls failed"),
      {{"hop", "client"}, {"observed", concat(failures)}, {"knob", "outlier_detection_experimental"}});
}

}  // namespace

OutlierDetection::OutlierDetection(const OutlierDetectionConfig& config, PolicyHost& host)
    : config_(config), host_(host), detects_(ejects_from(config)) {
  config_.interval = std::max(config_.interval, kMinInterval);
  child_ = make_policy(config_.child, *this);
}

OutlierDetection::Tracked* OutlierDetection::find(BackendId backend) {
  const auto found = std::ranges::lower_bound(backends_, backend, {}, &Tracked::id);
  return found == backends_.end() || found->id != backend ? nullptr : &*found;
}

void OutlierDetection::set_backends(std::span<const Backend> backends) {
  std::vector<Tracked> tracked;
  tracked.reserve(backends.size());
  for (const Backend& backend : backends) {
    const Tracked* known = find(backend.id);
    tracked.push_back(known == nullptr ? Tracked{backend.id} : *known);
  }
  std::ranges::sort(tracked, {}, &Tracked::id);
  backends_ = std::move(tracked);
  if (detects_ && sweep_at_ == TimePoint::max()) {
    sweep_at_ = host_.now() + config_.interval;
    arm_earliest();
  }
  child_->set_backends(backends);
}

void OutlierDetection::on_state(BackendId backend, Connectivity state, const Status& why) {
  Tracked* tracked = find(backend);
  if (tracked == nullptr) return;
  tracked->state = state;
  tracked->why = why;
  if (!tracked->ejected_at) child_->on_state(backend, state, why);
}

void OutlierDetection::release(BackendId backend) {
  if (Tracked* tracked = find(backend)) tracked->state = Connectivity::kIdle;
  host_.release(backend);
}

void OutlierDetection::on_call_ended(BackendId backend, StatusCode code) {
  if (Tracked* tracked = find(backend)) ++(code == StatusCode::kOk ? tracked->successes : tracked->failures);
  child_->on_call_ended(backend, code);
}

void OutlierDetection::arm(TimePoint at) {
  child_at_ = at;
  arm_earliest();
}

void OutlierDetection::arm_earliest() { host_.arm(std::min(child_at_, sweep_at_)); }

void OutlierDetection::on_timer() {
  if (host_.now() >= child_at_) {
    child_at_ = TimePoint::max();
    child_->on_timer();
  }
  if (host_.now() >= sweep_at_) {
    sweep_at_ = host_.now() + config_.interval;
    sweep();
  }
  arm_earliest();
}

void OutlierDetection::sweep() {
  if (config_.success_rate) eject_by_success_rate(*config_.success_rate);
  if (config_.failure_percentage) eject_by_failure_percentage(*config_.failure_percentage);
  for (Tracked& backend : backends_) backend.successes = backend.failures = 0;
  return_those_served();
}

std::vector<OutlierDetection::Tracked*> OutlierDetection::with_volume(std::uint32_t calls) {
  std::vector<Tracked*> found;
  for (Tracked& backend : backends_) {
    if (backend.calls() >= std::max<std::uint64_t>(calls, 1)) found.push_back(&backend);
  }
  return found;
}

void OutlierDetection::eject_by_success_rate(const OutlierDetectionConfig::SuccessRate& config) {
  constexpr double kThousandths = 1000;
  const std::vector<Tracked*> busy = with_volume(config.request_volume);
  if (busy.empty() || busy.size() < config.minimum_hosts) return;
  double sum = 0;
  double squares = 0;
  for (const Tracked* backend : busy) sum += backend->success_rate();
  const double mean = sum / static_cast<double>(busy.size());
  for (const Tracked* backend : busy) squares += std::pow(backend->success_rate() - mean, 2);
  const double deviation = std::sqrt(squares / static_cast<double>(busy.size()));
  const double lowest = mean - deviation * (config.stdev_factor / kThousandths);
  for (Tracked* backend : busy) {
    if (!may_eject_more()) return;
    if (backend->success_rate() < lowest) eject(*backend, config.enforcement_percentage);
  }
}

void OutlierDetection::eject_by_failure_percentage(const OutlierDetectionConfig::FailurePercentage& config) {
  const std::vector<Tracked*> busy = with_volume(config.request_volume);
  if (busy.size() < config.minimum_hosts) return;
  for (Tracked* backend : busy) {
    if (!may_eject_more()) return;
    const bool failing = backend->failures * kPercent > config.threshold * backend->calls();
    if (failing) eject(*backend, config.enforcement_percentage);
  }
}

bool OutlierDetection::may_eject_more() const {
  const auto ejected =
      std::ranges::count_if(backends_, [](const Tracked& b) { return b.ejected_at.has_value(); });
  return static_cast<std::uint64_t>(ejected) * kPercent < config_.max_ejection_percent * backends_.size();
}

void OutlierDetection::eject(Tracked& backend, std::uint32_t enforcement_percentage) {
  if (backend.ejected_at || host_.random() % kPercent >= enforcement_percentage) return;
  backend.ejected_at = host_.now();
  ++backend.multiplier;
  child_->on_state(backend.id, Connectivity::kTransientFailure,
                   ejected_status(backend.failures, backend.calls()));
}

void OutlierDetection::return_those_served() {
  for (Tracked& backend : backends_) {
    if (!backend.ejected_at) {
      if (backend.multiplier > 0) --backend.multiplier;
    } else if (host_.now() - *backend.ejected_at > ejection_time(backend)) {
      backend.ejected_at.reset();
      child_->on_state(backend.id, backend.state, backend.why);
    }
  }
}

Duration OutlierDetection::ejection_time(const Tracked& backend) const {
  const Duration longest = std::max(config_.base_ejection_time, config_.max_ejection_time);
  if (config_.base_ejection_time > longest / backend.multiplier) return longest;
  return config_.base_ejection_time * backend.multiplier;
}

}  // namespace parlance::balancing
