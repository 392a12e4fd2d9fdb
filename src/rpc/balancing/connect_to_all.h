#pragma once

#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// What the policies that keep every backend connected have in common (gRPC A48, A58): it connects each as
/// soon as it is in the list and again whenever it is idle, asks for re-resolution when one is lost or fails,
/// and tells the channel's state. READY while one backend is; else TRANSIENT_FAILURE when each has failed
/// since it was last ready; else CONNECTING.
class ConnectToAll : public Policy {
 public:
  void set_backends(std::span<const Backend> backends) override;
  void on_state(BackendId backend, Connectivity state, const Status& why) override;
  Pick pick(const PickArguments& arguments) final;
  Connectivity state() const final { return state_; }
  void connect() final;

 protected:
  explicit ConnectToAll(PolicyHost& host) : host_(host) {}

  PolicyHost& host() const { return host_; }
  /// In the order of the list.
  const std::vector<BackendId>& ready() const { return ready_; }

  /// One of ready(), which is not empty.
  virtual BackendId choose() = 0;
  /// Told before the channel is: ready() is another list; `backend` is about to come to it.
  virtual void on_ready_changed() {}
  virtual void on_became_ready(BackendId /*backend*/) {}
  /// No longer in the list.
  virtual void on_removed(BackendId /*backend*/) {}

 private:
  struct Endpoint {
    BackendId id;
    Connectivity state = Connectivity::kIdle;
    /// Since it was last ready.
    bool failed = false;
  };

  Endpoint* find(BackendId backend);
  void request(Endpoint& endpoint);
  Connectivity aggregate() const;
  void update();

  PolicyHost& host_;
  std::vector<Endpoint> endpoints_;
  std::vector<BackendId> ready_;
  Connectivity state_ = Connectivity::kIdle;
  Status last_failure_;
};

}  // namespace parlance::balancing
