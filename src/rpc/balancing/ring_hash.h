#pragma once

#include <optional>
#include <vector>

#include "rpc/balancing/hash_ring.h"
#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// "ring_hash_experimental" (gRPC A42, A61, A76): a call goes to the backend that follows its hash on a ring,
/// past those that have failed, so that calls of one hash meet at one backend and a change of the list moves
/// few of them. Backends are connected when a call first wants them; one that failed is tried again whenever
/// its backoff ends.
class RingHash final : public Policy {
 public:
  RingHash(const RingHashConfig& config, PolicyHost& host);

  void set_backends(std::span<const Backend> backends) override;
  void on_state(BackendId backend, Connectivity state, const Status& why) override;
  Pick pick(const PickArguments& arguments) override;
  Connectivity state() const override { return state_; }
  void connect() override;

 private:
  struct Endpoint {
    BackendId id;
    Connectivity state = Connectivity::kIdle;
    /// Since it was last ready.
    bool failed = false;

    bool is_ready() const { return state == Connectivity::kReady; }
    bool is_idle() const { return state == Connectivity::kIdle && !failed; }
    bool is_connecting() const { return state == Connectivity::kConnecting && !failed; }
  };

  Endpoint* find(BackendId backend);
  void request(Endpoint& endpoint);
  /// For a call, or because the channel asks.
  void wake(Endpoint& endpoint);
  Pick pick_for(std::uint64_t hash);
  Pick pick_at_random();
  std::optional<std::uint64_t> hash_of(const PickArguments& arguments) const;
  bool any_connecting() const;
  Connectivity aggregate() const;
  void keep_trying();
  void refresh();

  RingHashConfig config_;
  PolicyHost& host_;
  std::vector<Endpoint> endpoints_;
  HashRing ring_;
  Connectivity state_ = Connectivity::kIdle;
  Status last_failure_;
};

}  // namespace parlance::balancing
