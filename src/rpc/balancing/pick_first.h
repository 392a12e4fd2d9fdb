#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// "pick_first" (gRPC A61, A62): all calls go to the first address that answers.
///
/// It tries the addresses in order with a head start of 250 ms each (happy eyeballs, RFC 8305) and keeps the
/// connection that is ready first. When that is lost the policy is idle until the next call. When every
/// address has failed it stays in TRANSIENT_FAILURE, with every address tried again as soon as its backoff
/// has ended, until one is ready.
class PickFirst final : public Policy {
 public:
  /// Between the starts of two attempts (RFC 8305 section 5).
  static constexpr Duration kAttemptDelay = std::chrono::milliseconds{250};

  PickFirst(const PickFirstConfig& config, PolicyHost& host) : config_(config), host_(host) {}

  void set_backends(std::span<const Backend> backends) override;
  void on_state(BackendId backend, Connectivity state, const Status& why) override;
  Pick pick(const PickArguments& arguments) override;
  Connectivity state() const override { return state_; }
  void connect() override;
  void on_timer() override;

 private:
  struct Candidate {
    BackendId id;
    Connectivity state = Connectivity::kIdle;
    /// In the pass under way, or since the last time all had failed.
    bool failed = false;
  };

  Candidate* find(BackendId backend);
  Candidate* latest() { return next_ == 0 ? nullptr : &candidates_[next_ - 1]; }
  void enter(Connectivity state);
  void take_over_list(std::span<const Backend> backends);
  void start_pass();
  void try_next();
  void end_pass_when_all_failed();
  void connect_idle();
  void request(Candidate& candidate);
  /// Whether it is to be connected now; in the first pass those that failed wait for its end.
  bool is_wanted(const Candidate& candidate) const;
  void select(Candidate& chosen);
  void on_selected_lost();
  void on_failure(Candidate& candidate, const Status& why);

  PickFirstConfig config_;
  PolicyHost& host_;
  std::vector<Candidate> candidates_;
  Connectivity state_ = Connectivity::kIdle;
  std::optional<BackendId> selected_;
  /// The first pass through the list is under way; `next_` is who comes next in it.
  bool in_pass_ = false;
  std::size_t next_ = 0;
  /// Since the last re-resolution was asked for, once the first pass is over.
  std::size_t failures_ = 0;
  Status last_failure_;
};

}  // namespace parlance::balancing
