#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// "outlier_detection_experimental" (gRPC A50): wraps another policy, counts how the calls to each backend
/// end, and once an interval takes those that fail more than the others out of service for a while: the child
/// is told that they are in TRANSIENT_FAILURE. It is the PolicyHost of its child.
///
/// A child that is pick_first is passed through: it has one backend at a time, and taking that away would
/// leave it none (A61).
class OutlierDetection final : public Policy, private PolicyHost {
 public:
  OutlierDetection(const OutlierDetectionConfig& config, PolicyHost& host);

  void set_backends(std::span<const Backend> backends) override;
  void on_state(BackendId backend, Connectivity state, const Status& why) override;
  Pick pick(const PickArguments& arguments) override { return child_->pick(arguments); }
  Connectivity state() const override { return child_->state(); }
  void connect() override { child_->connect(); }
  void on_call_started(BackendId backend) override { child_->on_call_started(backend); }
  void on_call_ended(BackendId backend, StatusCode code) override;
  void on_load_report(BackendId backend, const LoadReport& report, bool out_of_band) override {
    child_->on_load_report(backend, report, out_of_band);
  }
  void on_timer() override;

 private:
  struct Tracked {
    BackendId id;
    Connectivity state = Connectivity::kIdle;
    Status why = {};
    /// Calls that ended since the interval began.
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::optional<TimePoint> ejected_at = {};
    std::uint32_t multiplier = 0;

    std::uint64_t calls() const { return successes + failures; }
    double success_rate() const { return static_cast<double>(successes) / static_cast<double>(calls()); }
  };

  // PolicyHost, for the child.
  TimePoint now() const override { return host_.now(); }
  void connect(BackendId backend) override { host_.connect(backend); }
  void release(BackendId backend) override;
  void resolve_again() override { host_.resolve_again(); }
  void arm(TimePoint at) override;
  void picks_changed() override { host_.picks_changed(); }
  std::uint64_t random() override { return host_.random(); }

  Tracked* find(BackendId backend);
  void arm_earliest();
  void sweep();
  void eject_by_success_rate(const OutlierDetectionConfig::SuccessRate& config);
  void eject_by_failure_percentage(const OutlierDetectionConfig::FailurePercentage& config);
  std::vector<Tracked*> with_volume(std::uint32_t calls);
  bool may_eject_more() const;
  void eject(Tracked& backend, std::uint32_t enforcement_percentage);
  void return_those_served();
  Duration ejection_time(const Tracked& backend) const;

  OutlierDetectionConfig config_;
  PolicyHost& host_;
  bool detects_;
  std::vector<Tracked> backends_;  // by id: each call looks its backend up
  TimePoint sweep_at_ = TimePoint::max();
  TimePoint child_at_ = TimePoint::max();
  std::unique_ptr<Policy> child_;
};

}  // namespace parlance::balancing
