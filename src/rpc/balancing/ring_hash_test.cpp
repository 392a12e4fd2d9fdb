#include "rpc/balancing/ring_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const RingHashConfig kByUser{.request_hash_header = "x-user"};

grpc::Metadata user(std::string_view name) {
  grpc::Metadata metadata;
  EXPECT_TRUE(metadata.add("x-user", name));
  return metadata;
}

/// A value of x-user whose calls go to `backend` when all are ready.
std::string user_of(BackendId backend, std::span<const Backend> list) {
  const HashRing ring{list, kByUser};
  for (int i = 0;; ++i) {
    std::string name = "user-" + std::to_string(i);
    if (list[ring.backend_at(ring.find(xx_hash64(name)), 0)].id == backend) return name;
  }
}

/// The order in which the ring tries backends for that user.
std::vector<BackendId> order_for(std::string_view name, std::span<const Backend> list) {
  const HashRing ring{list, kByUser};
  std::vector<BackendId> order;
  for (std::size_t step = 0; step < ring.size(); ++step) {
    const BackendId id = list[ring.backend_at(ring.find(xx_hash64(name)), step)].id;
    if (std::ranges::find(order, id) == order.end()) order.push_back(id);
  }
  return order;
}

TEST(XxHash64, IsTheOneOfTheOthers) {
  EXPECT_EQ(xx_hash64(""), 0xEF46DB3751D8E999);
  EXPECT_EQ(xx_hash64("a"), 0xD24EC4F1A98C6E5B);
  EXPECT_EQ(xx_hash64("abc"), 0x44BC2CF5AD770999);
}

TEST(HashRing, HoldsAtLeastTheMinimumWithAsManyPlacesForEach) {
  EXPECT_EQ((HashRing{backends(3), {.min_ring_size = 10}}.size()), 12);
  EXPECT_EQ((HashRing{backends(4), {.min_ring_size = 8}}.size()), 8);
  EXPECT_EQ((HashRing{backends(3), {.min_ring_size = 4096, .max_ring_size = 4096}}.size()), 4096);
  EXPECT_EQ((HashRing{backends(1), {}}.size()), 1024);
}

TEST(HashRing, EveryBackendHasItsShare) {
  const auto list = backends(5);
  const HashRing ring{list, {.min_ring_size = 4096, .max_ring_size = 4096}};
  std::map<std::size_t, int> places;
  for (std::size_t i = 0; i < ring.size(); ++i) ++places[ring.backend_at(i, 0)];
  ASSERT_THAT(places, SizeIs(5));
  for (const auto& [backend, count] : places) EXPECT_NEAR(count, 819, 1);
}

TEST(HashRing, ABackendStandsAtTheHashesOfItsAddress) {
  const auto list = backends(4);
  const HashRing ring{list, {}};
  for (const Backend& backend : list) {
    for (const std::string copy : {"_0", "_1", "_255"}) {
      EXPECT_EQ(list[ring.backend_at(ring.find(xx_hash64(backend.address + copy)), 0)].id, backend.id);
    }
  }
}

TEST(HashRing, IsClosed) {
  const auto list = backends(2);
  const HashRing ring{list, {}};
  EXPECT_EQ(ring.find(std::numeric_limits<std::uint64_t>::max()), 0);
}

TEST(HashRing, TheOrderOfTheListDoesNotMatter) {
  auto list = backends(7);
  const HashRing ring{list, {.min_ring_size = 100, .max_ring_size = 100}};
  std::vector<BackendId> owners;
  for (std::size_t i = 0; i < ring.size(); ++i) owners.push_back(list[ring.backend_at(i, 0)].id);
  std::ranges::reverse(list);
  const HashRing reversed{list, {.min_ring_size = 100, .max_ring_size = 100}};
  for (std::size_t i = 0; i < ring.size(); ++i) EXPECT_EQ(list[reversed.backend_at(i, 0)].id, owners[i]);
}

TEST(HashRing, RemovingOneMovesOnlyItsCalls) {
  const auto list = backends(10);
  const HashRing all{list, {}};
  const HashRing fewer{std::span{list}.first(9), {}};
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t hash = xx_hash64("call " + std::to_string(i));
    const std::size_t before = all.backend_at(all.find(hash), 0);
    const std::size_t after = fewer.backend_at(fewer.find(hash), 0);
    moved += before != 9 && before != after ? 1 : 0;
  }
  EXPECT_LT(moved, 120);  // the ring rounds to another size, so a few others move too
}

struct RingHashTest : testing::Test {
  RingHashTest() { policy.set_backends(list); }

  FakeHost host;
  std::vector<Backend> list = backends(4);
  RingHash policy{kByUser, host};
};

TEST_F(RingHashTest, ConnectsOnlyWhatACallWants) {
  EXPECT_THAT(host.connected, IsEmpty());
  EXPECT_EQ(policy.state(), Connectivity::kIdle);
  const std::string name = user_of(3, list);
  EXPECT_EQ(pick(policy, user(name)).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(3));
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  EXPECT_EQ(pick(policy, user(name)).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(3));
  make_ready(policy, {3});
  EXPECT_EQ(picked(policy, user(name)), 3);
}

TEST_F(RingHashTest, CallsOfOneHashMeetAtOneBackend) {
  make_ready(policy, {1, 2, 3, 4});
  std::set<BackendId> used;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "user-" + std::to_string(i);
    const BackendId backend = picked(policy, user(name));
    EXPECT_EQ(picked(policy, user(name)), backend);
    EXPECT_EQ(backend, order_for(name, list).front());
    used.insert(backend);
  }
  EXPECT_THAT(used, SizeIs(4));
}

TEST_F(RingHashTest, ValuesOfOneKeyAreJoinedByCommas) {
  make_ready(policy, {1, 2, 3, 4});
  grpc::Metadata two = user("a");
  ASSERT_TRUE(two.add("x-user", "b"));
  EXPECT_EQ(picked(policy, two), order_for("a,b", list).front());
  ASSERT_TRUE(two.add("x-user", "c"));
  EXPECT_EQ(picked(policy, two), order_for("a,b,c", list).front());
}

TEST_F(RingHashTest, TheCaseOfTheKeyDoesNotMatter) {
  RingHash other{{.request_hash_header = "X-User"}, host};
  other.set_backends(list);
  make_ready(other, {1, 2, 3, 4});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(picked(other, user("a")), order_for("a", list).front());
}

TEST_F(RingHashTest, AFailedBackendIsPassedOver) {
  const std::string name = user_of(2, list);
  const auto order = order_for(name, list);
  make_ready(policy, {order[0], order[2]});
  fail(policy, {order[0]});
  EXPECT_EQ(pick(policy, user(name)).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(order[1]));
  fail(policy, {order[1]});
  EXPECT_EQ(picked(policy, user(name)), order[2]);
}

TEST_F(RingHashTest, AFailedBackendIsTriedAgainAndPassedOverUntilItIsReady) {
  const std::string name = user_of(1, list);
  make_ready(policy, {1, 2, 3, 4});
  fail(policy, {1});
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(host.connected, ElementsAre(1));
  EXPECT_NE(picked(policy, user(name)), 1);
  EXPECT_NE(picked(policy, user(name)), 0);
  make_ready(policy, {1});
  EXPECT_EQ(picked(policy, user(name)), 1);
}

TEST_F(RingHashTest, ALostBackendIsIdleUntilACallWantsIt) {
  const std::string name = user_of(1, list);
  make_ready(policy, {1, 2});
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_EQ(host.resolutions, 1);
  EXPECT_THAT(host.connected, IsEmpty());
  EXPECT_EQ(pick(policy, user(name)).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(1));
}

TEST_F(RingHashTest, WhenAllFailedPicksFail) {
  fail(policy, {1, 2, 3, 4});
  const Pick failed = pick(policy, user("x"));
  ASSERT_EQ(failed.kind, Pick::Kind::kFail);
  EXPECT_EQ(failed.status.message(), "all 4 addresses were tried and failed; the last: 10.0.0.4 refused");
}

TEST_F(RingHashTest, TheStateFollowsTheRulesOfA42) {
  policy.connect();
  ASSERT_THAT(host.connected, SizeIs(1));
  const BackendId first = host.take_connected().front();
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  fail(policy, {first});
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);  // one failed, others are there
  ASSERT_THAT(host.connected, SizeIs(1));
  const BackendId second = host.take_connected().front();
  fail(policy, {second});
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);  // two failed, none is ready
  make_ready(policy, {second});
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  set_state(policy, second, Connectivity::kIdle);
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
}

TEST_F(RingHashTest, WhileNoneIsReadyOneMoreIsTriedAfterEachFailure) {
  policy.connect();
  std::set<BackendId> tried;
  for (int i = 0; i < 4; ++i) {
    const auto connected = host.take_connected();
    ASSERT_THAT(connected, SizeIs(1));
    tried.insert(connected.front());
    fail(policy, {connected.front()});
  }
  EXPECT_THAT(tried, SizeIs(4));
}

TEST_F(RingHashTest, ASingleBackendThatFailedIsTransientFailure) {
  FakeHost other;
  RingHash single{kByUser, other};
  single.set_backends(backends(1));
  fail(single, {1});
  EXPECT_EQ(single.state(), Connectivity::kTransientFailure);
}

TEST_F(RingHashTest, ACallWithoutTheKeyGoesToAnyReadyBackendAndWakesOneMore) {
  make_ready(policy, {1});
  EXPECT_EQ(picked(policy), 1);
  for (int i = 0; i < 100 && host.connected.empty(); ++i) EXPECT_EQ(picked(policy), 1);
  ASSERT_THAT(host.connected, SizeIs(1));
  for (int i = 0; i < 20; ++i) picked(policy);
  EXPECT_THAT(host.connected, SizeIs(1));  // one at a time
}

TEST_F(RingHashTest, ACallWithoutTheKeyWaitsWhenNoneIsReady) {
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, SizeIs(1));
}

TEST_F(RingHashTest, ANewListKeepsWhatIsConnected) {
  make_ready(policy, {1, 2, 3, 4});
  policy.set_backends(backends(5));
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  EXPECT_EQ(picked(policy, user(user_of(2, backends(5)))), 2);
  EXPECT_EQ(pick(policy, user(user_of(5, backends(5)))).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(5));
}

}  // namespace
}  // namespace parlance::balancing
