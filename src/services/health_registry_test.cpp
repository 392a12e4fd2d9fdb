#include "services/health_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::services {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

class CountingListener final : public HealthRegistry::Listener {
 public:
  void on_change() override { ++changes; }
  int changes = 0;
};

TEST(HealthRegistry, TheProcessAsAWholeServesFromTheStart) {
  const HealthRegistry registry;
  EXPECT_THAT(registry.statuses(), ElementsAre(Pair("", ServingStatus::kServing)));
}

TEST(HealthRegistry, AServiceNeverSetIsNotKnown) {
  HealthRegistry registry;
  EXPECT_EQ(registry.status("a.B"), std::nullopt);
  registry.set("a.B", ServingStatus::kNotServing);
  EXPECT_THAT(registry.status("a.B"), Optional(ServingStatus::kNotServing));
}

TEST(HealthRegistry, ListenersHearOfChangesOfTheirServiceOnly) {
  HealthRegistry registry;
  const auto listener = std::make_shared<CountingListener>();
  registry.subscribe("a.B", listener);
  registry.set("c.D", ServingStatus::kServing);
  EXPECT_EQ(listener->changes, 0);
  registry.set("a.B", ServingStatus::kServing);
  EXPECT_EQ(listener->changes, 1) << "the service became known";
  registry.set("a.B", ServingStatus::kServing);
  EXPECT_EQ(listener->changes, 1) << "nothing changed";
  registry.set("a.B", ServingStatus::kNotServing);
  EXPECT_EQ(listener->changes, 2);
  registry.unsubscribe("a.B", listener);
  registry.set("a.B", ServingStatus::kServing);
  EXPECT_EQ(listener->changes, 2);
}

TEST(HealthRegistry, ShutDownMakesEverythingNotServingForGood) {
  HealthRegistry registry;
  registry.set("a.B", ServingStatus::kServing);
  const auto listener = std::make_shared<CountingListener>();
  registry.subscribe("never.Set", listener);
  registry.shut_down();
  registry.set("a.B", ServingStatus::kServing);
  registry.set("new.One", ServingStatus::kServing);
  EXPECT_TRUE(registry.is_shut_down());
  EXPECT_EQ(listener->changes, 1) << "whoever waits for a service to appear waits in vain now";
  EXPECT_THAT(registry.statuses(),
              ElementsAre(Pair("", ServingStatus::kNotServing), Pair("a.B", ServingStatus::kNotServing),
                          Pair("new.One", ServingStatus::kNotServing)));
}

}  // namespace
}  // namespace parlance::services
