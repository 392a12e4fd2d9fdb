#pragma once

#include <cstdint>
#include <map>

#include "rpc/balancing/connect_to_all.h"

namespace parlance::balancing {

/// "least_request_experimental" (gRPC A48): of a few ready backends drawn at random, one may be drawn twice,
/// the one with the fewest open calls of this policy.
class LeastRequest final : public ConnectToAll {
 public:
  /// `choice_count` is taken as 2 to 10.
  LeastRequest(const LeastRequestConfig& config, PolicyHost& host);

  void on_call_started(BackendId backend) override { ++open_calls_[backend]; }
  void on_call_ended(BackendId backend, StatusCode code) override;

 private:
  BackendId choose() override;
  void on_removed(BackendId backend) override;
  BackendId draw() { return ready()[host().random() % ready().size()]; }
  std::uint64_t open_calls(BackendId backend) const;

  std::uint32_t choice_count_;
  /// In the list or not: calls outlive their backend's place in it. Zeros go when the list changes, so that
  /// calls allocate nothing.
  std::map<BackendId, std::uint64_t> open_calls_;
};

}  // namespace parlance::balancing
