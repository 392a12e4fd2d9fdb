// Every policy against a channel that does what it likes: random connections, failures, losses, lists, calls
// and timers from a seed. A backend that is not ready is never picked, and once connections work again calls
// get one.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {
namespace {

struct Named {
  std::string name;
  PolicyConfig config;

  friend void PrintTo(const Named& named, std::ostream* out) { *out << named.name; }
};

std::shared_ptr<const OutlierDetectionConfig> outliers_of(PolicyConfig child) {
  return std::make_shared<const OutlierDetectionConfig>(OutlierDetectionConfig{
      .max_ejection_percent = 40,
      .failure_percentage =
          OutlierDetectionConfig::FailurePercentage{.threshold = 30, .minimum_hosts = 2, .request_volume = 3},
      .child = std::move(child)});
}

/// Backends as a channel keeps them.
class RandomChannel final : public PolicyHost {
 public:
  RandomChannel(const PolicyConfig& config, std::uint64_t seed)
      : random_(seed), policy_(make_policy(config, *this)) {
    change_list();
  }

  void step() {
    switch (random_() % 12) {
      case 0:
        return random_() % 4 == 0 ? change_list() : run_timer();
      case 1:
        return lose_one();
      case 2:
      case 3:
        return end_backoff();
      case 4:
      case 5:
      case 6:
        return end_attempt(random_() % 2 == 0);
      case 7:
        return run_timer();
      case 8:
        return policy_->connect();
      default:
        return call();
    }
  }

  /// From now on every attempt succeeds. Whether a call gets a backend then.
  bool recovers() {
    for (int round = 0; round < 200; ++round) {
      if (call_gets_backend()) return true;
      end_attempt(true);
      end_backoff();
      run_timer();
    }
    return false;
  }

 private:
  struct Entry {
    BackendId id;
    Connectivity state = Connectivity::kIdle;
  };

  TimePoint now() const override { return now_; }
  void connect(BackendId backend) override {
    Entry* entry = find(backend);
    ASSERT_NE(entry, nullptr) << "connects a backend that is not in the list";
    if (entry->state == Connectivity::kIdle) entry->state = Connectivity::kConnecting;
  }
  void release(BackendId backend) override {
    if (Entry* entry = find(backend)) entry->state = Connectivity::kIdle;
  }
  void resolve_again() override {}
  void arm(TimePoint at) override { armed_ = at; }
  void picks_changed() override {}
  std::uint64_t random() override { return random_(); }

  Entry* find(BackendId backend) {
    const auto found = std::ranges::find(entries_, backend, &Entry::id);
    return found == entries_.end() ? nullptr : &*found;
  }
  Entry* any_in(Connectivity state) {
    std::vector<Entry*> candidates;
    for (Entry& entry : entries_) {
      if (entry.state == state) candidates.push_back(&entry);
    }
    return candidates.empty() ? nullptr : candidates[random_() % candidates.size()];
  }
  void tell(Entry* entry, Connectivity state) {
    entry->state = state;
    policy_->on_state(
        entry->id, state,
        state == Connectivity::kTransientFailure ? Status{StatusCode::kUnavailable, "refused"} : Status{});
  }

  void change_list() {
    std::vector<Entry> kept;
    for (const Entry& entry : entries_) {
      if (random_() % 3 != 0) kept.push_back(entry);
    }
    const std::size_t added = random_() % 4 + (kept.empty() ? 1 : 0);
    for (std::size_t i = 0; i < added; ++i) kept.push_back({++last_id_});
    std::ranges::shuffle(kept, random_);
    entries_ = std::move(kept);
    std::vector<Backend> list;
    for (const Entry& entry : entries_) {
      const std::string host =
          entry.id % 2 == 0 ? "[::" + std::to_string(entry.id) + "]" : std::to_string(entry.id);
      list.push_back({entry.id, host + ":1"});
    }
    policy_->set_backends(list);
  }
  void lose_one() {
    if (Entry* entry = any_in(Connectivity::kReady)) tell(entry, Connectivity::kIdle);
  }
  void end_backoff() {
    if (Entry* entry = any_in(Connectivity::kTransientFailure)) tell(entry, Connectivity::kIdle);
  }
  void end_attempt(bool well) {
    Entry* entry = any_in(Connectivity::kConnecting);
    if (entry == nullptr) return;
    if (random_() % 2 == 0) policy_->on_state(entry->id, Connectivity::kConnecting, {});
    tell(entry, well ? Connectivity::kReady : Connectivity::kTransientFailure);
  }
  void run_timer() {
    if (armed_ == TimePoint::max()) return;
    now_ = std::max(now_, armed_);
    armed_ = TimePoint::max();
    policy_->on_timer();
  }

  bool call_gets_backend() {
    const Pick pick = policy_->pick({"/a/b", metadata_});
    EXPECT_EQ(pick.status.ok(), pick.kind != Pick::Kind::kFail);
    if (pick.kind != Pick::Kind::kUse) return false;
    const Entry* entry = find(pick.backend);
    EXPECT_TRUE(entry != nullptr && entry->state == Connectivity::kReady) << "picked " << pick.backend;
    EXPECT_EQ(policy_->state(), Connectivity::kReady);
    picked_ = pick.backend;
    return true;
  }
  void call() {
    if (!call_gets_backend()) return;
    policy_->on_call_started(picked_);
    const LoadReport report{.cpu_utilization = static_cast<double>(random_() % 100) / 100,
                            .requests_per_second = static_cast<double>(random_() % 1000)};
    policy_->on_load_report(picked_, report, false);
    policy_->on_call_ended(picked_, random_() % 3 == 0 ? StatusCode::kInternal : StatusCode::kOk);
  }

  std::mt19937_64 random_;
  TimePoint now_ = TimePoint{} + std::chrono::hours{1};
  TimePoint armed_ = TimePoint::max();
  std::vector<Entry> entries_;
  BackendId last_id_ = 0;
  BackendId picked_ = 0;
  grpc::Metadata metadata_;
  std::unique_ptr<Policy> policy_;
};

class EveryPolicy : public testing::TestWithParam<Named> {};

TEST_P(EveryPolicy, PicksOnlyReadyBackendsAndRecovers) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomChannel channel{GetParam().config, seed};
    for (int i = 0; i < 300 && !HasFailure(); ++i) channel.step();
    ASSERT_TRUE(channel.recovers());
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Random, EveryPolicy,
    testing::Values(Named{"pick_first", PickFirstConfig{}},
                    Named{"pick_first_shuffled", PickFirstConfig{.shuffle_address_list = true}},
                    Named{"round_robin", RoundRobinConfig{}},
                    Named{"weighted_round_robin",
                          WeightedRoundRobinConfig{.blackout_period = Duration::zero()}},
                    Named{"least_request", LeastRequestConfig{}},
                    Named{"ring_hash", RingHashConfig{.min_ring_size = 50}},
                    Named{"outliers_of_round_robin", outliers_of(RoundRobinConfig{})},
                    Named{"outliers_of_ring_hash", outliers_of(RingHashConfig{.min_ring_size = 50})},
                    Named{"outliers_of_pick_first", outliers_of(PickFirstConfig{})}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace parlance::balancing
