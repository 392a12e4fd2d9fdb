#include "models/version_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::models {
namespace {

using Policy = VersionsConfig::Policy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChosenVersions, FollowThePolicy) {
  EXPECT_THAT(chosen_versions({.policy = Policy::kAll}, {3, 1, 2}), ElementsAre(1, 2, 3));
  EXPECT_THAT(chosen_versions({.policy = Policy::kLatest}, {10, 9, 2}), ElementsAre(10));
  EXPECT_THAT(chosen_versions({.policy = Policy::kLatest, .latest = 2}, {10, 9, 2}), ElementsAre(9, 10));
  EXPECT_THAT(chosen_versions({.policy = Policy::kLatest, .latest = 5}, {10, 9}), ElementsAre(9, 10));
  EXPECT_THAT(chosen_versions({.policy = Policy::kLatest}, {}), IsEmpty());
  EXPECT_THAT(chosen_versions({.policy = Policy::kSpecific, .specific = {7, 1}}, {1, 2}), ElementsAre(1, 7))
      << "what is asked for by number is missed when it is not there";
}

}  // namespace
}  // namespace parlance::models
