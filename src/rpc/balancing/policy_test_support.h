#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// A channel as a policy sees it: a clock that stands until it is moved, random numbers from a script (then
/// from a fixed seed), and a record of what was asked for.
class FakeHost final : public PolicyHost {
 public:
  TimePoint now() const override { return now_; }
  void connect(BackendId backend) override {
    connected.push_back(backend);
    wanted.insert(backend);
  }
  void release(BackendId backend) override {
    released.push_back(backend);
    wanted.erase(backend);
  }
  void resolve_again() override { ++resolutions; }
  void arm(TimePoint at) override { armed = at; }
  void picks_changed() override { ++changes; }
  std::uint64_t random() override {
    if (script.empty()) return generator_();
    return take_front(script);
  }

  void advance(Duration by) { now_ += by; }
  /// Moves the clock to the timer and calls the policy; false when no timer is set.
  bool fire(Policy& policy) {
    if (armed == TimePoint::max()) return false;
    now_ = std::max(now_, armed);
    armed = TimePoint::max();
    policy.on_timer();
    return true;
  }
  /// What connect() was called with since the last call.
  std::vector<BackendId> take_connected() { return std::exchange(connected, {}); }
  std::vector<BackendId> take_released() { return std::exchange(released, {}); }

  std::vector<BackendId> connected;
  std::vector<BackendId> released;
  std::set<BackendId> wanted;
  int resolutions = 0;
  int changes = 0;
  TimePoint armed = TimePoint::max();
  std::deque<std::uint64_t> script;

 private:
  static std::uint64_t take_front(std::deque<std::uint64_t>& numbers) {
    const std::uint64_t number = numbers.front();
    numbers.pop_front();
    return number;
  }

  TimePoint now_ = TimePoint{} + std::chrono::hours{1};
  std::mt19937_64 generator_{42};
};

/// Backends 1, 2, … `count` at 10.0.0.N:50051.
inline std::vector<Backend> backends(BackendId count) {
  std::vector<Backend> list;
  for (BackendId id = 1; id <= count; ++id) list.push_back({id, "10.0.0." + std::to_string(id) + ":50051"});
  return list;
}

inline Pick pick(Policy& policy, const grpc::Metadata& metadata = {}) {
  return policy.pick({"/test.Echo/Unary", metadata});
}

/// The backend of a pick that must be kUse; 0 when it is not.
inline BackendId picked(Policy& policy, const grpc::Metadata& metadata = {}) {
  const Pick result = pick(policy, metadata);
  return result.kind == Pick::Kind::kUse ? result.backend : 0;
}

/// How often each backend was picked in `picks` picks.
inline std::map<BackendId, int> count_picks(Policy& policy, int picks) {
  std::map<BackendId, int> counts;
  for (int i = 0; i < picks; ++i) ++counts[picked(policy)];
  return counts;
}

inline void set_state(Policy& policy, BackendId backend, Connectivity state) {
  const Status why = state == Connectivity::kTransientFailure
                         ? Status{StatusCode::kUnavailable, "10.0.0." + std::to_string(backend) + " refused"}
                         : Status{};
  policy.on_state(backend, state, why);
}

inline void make_ready(Policy& policy, std::initializer_list<BackendId> backends) {
  for (const BackendId backend : backends) set_state(policy, backend, Connectivity::kReady);
}

inline void fail(Policy& policy, std::initializer_list<BackendId> backends) {
  for (const BackendId backend : backends) set_state(policy, backend, Connectivity::kTransientFailure);
}

}  // namespace parlance::balancing
