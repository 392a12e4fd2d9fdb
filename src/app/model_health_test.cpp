#include "app/model_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "models/backends/built_in.h"
#include "models/testing/temp_folder.h"

namespace parlance::app {
namespace {

using models::testing::TempFolder;
using services::ServingStatus;
using ::testing::Optional;

class ModelHealth : public ::testing::Test {
 protected:
  void add_digits(const std::string& model) {
    folder_.copy(models::testing::digits_file(), std::filesystem::path{model} / "1" / "model.onnx");
  }
  void load(std::vector<std::string> required) {
    std::optional<std::vector<std::string>> named;
    if (!required.empty()) named = std::move(required);
    repository_.emplace(models::RepositoryOptions{.root = folder_.path(), .required = std::move(named)},
                        models::built_in_backends());
    model_health_.emplace(*repository_, health_);
    EXPECT_THAT(health_.status("inference.InferenceService"), Optional(ServingStatus::kNotServing))
        << "nothing is loaded yet";
    EXPECT_TRUE(repository_->load().ok());
    model_health_->refresh();
  }

  TempFolder folder_;
  services::HealthRegistry health_;
  std::optional<models::Repository> repository_;
  std::optional<app::ModelHealth> model_health_;
};

TEST_F(ModelHealth, FollowsEachModelAndTheServiceAsAWhole) {
  add_digits("one");
  load({});
  for (const char* name : {"", "inference.InferenceService", "inference.GRPCInferenceService"})
    EXPECT_THAT(health_.status(name), Optional(ServingStatus::kServing)) << name;
  EXPECT_THAT(health_.status("model/one"), Optional(ServingStatus::kServing));
  EXPECT_THAT(health_.status("model/one/1"), Optional(ServingStatus::kServing));
  EXPECT_EQ(health_.status("model/two"), std::nullopt);

  EXPECT_TRUE(repository_->unload("one", 1).ok());
  EXPECT_THAT(health_.status("inference.InferenceService"), Optional(ServingStatus::kNotServing));
  EXPECT_THAT(health_.status("model/one"), Optional(ServingStatus::kNotServing));
  EXPECT_THAT(health_.status("model/one/1"), Optional(ServingStatus::kNotServing));
  EXPECT_THAT(health_.status(""), Optional(ServingStatus::kNotServing));
  EXPECT_THAT(health_.status("live"), Optional(ServingStatus::kServing));
}

TEST_F(ModelHealth, OnlyRequiredModelsCount) {
  add_digits("good");
  folder_.make("bad/1");
  load({"good"});
  EXPECT_THAT(health_.status("inference.InferenceService"), Optional(ServingStatus::kServing));
  EXPECT_THAT(health_.status("model/bad"), Optional(ServingStatus::kNotServing));
}

TEST_F(ModelHealth, NeverFlickersThroughReloads) {
  add_digits("one");
  load({});
  std::atomic<int> changes = 0;
  const models::Repository::Subscription subscription =
      repository_->subscribe([&](const models::VersionStatus&) {  // after the health was told
        ++changes;
        for (const char* name : {"", "inference.InferenceService", "model/one", "model/one/1"})
          EXPECT_THAT(health_.status(name), Optional(ServingStatus::kServing)) << name;
      });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(repository_->load("one").ok());
  EXPECT_GE(changes, 9) << "each loads, warms up, and is ready";
}

TEST_F(ModelHealth, NoModelsAreNotReady) {
  load({});
  EXPECT_THAT(health_.status("inference.InferenceService"), Optional(ServingStatus::kNotServing));
}

}  // namespace
}  // namespace parlance::app
