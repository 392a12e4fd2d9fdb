// The management service behind a real server, on models that need no engine.

#include "dialects/management/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dialects/inference/testing/gated_backend.h"
#include "grpc/error_details.h"
#include "models/testing/temp_folder.h"
#include "rpc/channel.h"
#include "rpc/server.h"

namespace parlance::dialects::management {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Client = messages::ModelManagement::Client;

constexpr CallOptions kPatience{.timeout = 30s};

models::BackendRegistry gated(inference::testing::Gate& gate) {
  models::BackendRegistry registry;
  registry.add(std::make_unique<inference::testing::GatedBackend>(gate));
  return registry;
}

/// Two models, "one" with the versions 1 and 2, and "two", which has no version.
class ModelManagement : public ::testing::Test {
 protected:
  ModelManagement() {
    folder_.write("one/1/model.gated", "");
    folder_.write("one/2/model.gated", "");
    folder_.write("two/model.yaml", "");
    EXPECT_TRUE(repository_.load().ok());
    server_.add(std::make_shared<ModelManagementHandler>(repository_, scheduler_));
    const Result<void> started = server_.start();
    EXPECT_TRUE(started) << started.error().to_string();
    client_.emplace(Channel::open("127.0.0.1:" + std::to_string(server_.ports().at(0))));
  }

  Result<messages::Model> describe(const std::string& model, std::int64_t version = 0) const {
    messages::DescribeModelRequest request;
    request.set_model(model);
    request.set_version(version);
    return client_->DescribeModel(request, kPatience).wait();
  }
  Result<messages::UnloadModelResponse> unload(const std::string& model, std::int64_t version = 0,
                                               Duration timeout = 30s) const {
    messages::UnloadModelRequest request;
    request.set_model(model);
    request.set_version(version);
    return client_->UnloadModel(request, {.timeout = timeout}).wait();
  }

  models::testing::TempFolder folder_;
  inference::testing::Gate gate_;
  scheduling::Scheduler scheduler_;
  models::Repository repository_{
      {.root = folder_.path(), .threads_per_model = 1, .make_companion = scheduler_.companion_maker()},
      gated(gate_)};
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::optional<Client> client_;
};

TEST_F(ModelManagement, ListsEveryModelWithItsVersions) {
  const auto models = client_->ListModels({}, kPatience).wait();
  ASSERT_TRUE(models) << models.error().to_string();
  ASSERT_EQ(models->models_size(), 2);
  EXPECT_FALSE(models->ready());  // "two" is required and has nothing
  const messages::Model& one = models->models(0);
  EXPECT_EQ(one.name(), "one");
  EXPECT_TRUE(one.required());
  EXPECT_TRUE(one.ready());
  EXPECT_EQ(one.default_version(), 2);
  ASSERT_EQ(one.versions_size(), 2);
  EXPECT_EQ(one.versions(0).version(), 1);
  EXPECT_EQ(one.versions(1).state(), messages::READY);
  EXPECT_EQ(one.versions(1).backend(), "gated");
  const messages::Model& two = models->models(1);
  EXPECT_EQ(two.versions_size(), 0);
  EXPECT_FALSE(two.ready());
  EXPECT_THAT(two.reason(), ::testing::StartsWith("no version"));
}

TEST_F(ModelManagement, ListsOnlyThoseNamed) {
  messages::ListModelsRequest request;
  request.add_models("two");
  request.add_models("three");
  const auto models = client_->ListModels(request, kPatience).wait();
  ASSERT_TRUE(models) << models.error().to_string();
  ASSERT_EQ(models->models_size(), 1);
  EXPECT_EQ(models->models(0).name(), "two");
}

TEST_F(ModelManagement, DescribesASignature) {
  const auto model = describe("one", 1);
  ASSERT_TRUE(model) << model.error().to_string();
  ASSERT_EQ(model->versions_size(), 1);
  const messages::ModelVersion& version = model->versions(0);
  ASSERT_EQ(version.inputs_size(), 1);
  EXPECT_EQ(version.inputs(0).name(), "x");
  EXPECT_EQ(version.inputs(0).data_type(), "FP32");
  EXPECT_THAT(version.inputs(0).shape(), ElementsAre(-1, 2));
}

TEST_F(ModelManagement, SaysWhichModelsAndVersionsThereAre) {
  const auto no_model = describe("three");
  ASSERT_FALSE(no_model);
  EXPECT_EQ(no_model.error().code(), StatusCode::kNotFound);
  EXPECT_EQ(no_model.error().message(), "Model \"three\" not found; available: one, two");
  const auto no_version = describe("one", 7);
  ASSERT_FALSE(no_version);
  EXPECT_EQ(no_version.error().message(), "Model \"one\" has no version 7; available: 1, 2");
}

TEST_F(ModelManagement, UnloadsEveryVersionOfAModel) {
  const auto unloaded = unload("one");
  ASSERT_TRUE(unloaded) << unloaded.error().to_string();
  ASSERT_EQ(unloaded->versions_size(), 2);
  EXPECT_EQ(unloaded->versions(0).version(), 1);
  EXPECT_GT(unloaded->versions(0).receipt().rss_before_bytes(), 0U);
  const auto model = describe("one");
  ASSERT_TRUE(model);
  EXPECT_FALSE(model->ready());
  EXPECT_EQ(model->versions(1).state(), messages::UNLOADED);
}

TEST_F(ModelManagement, LoadsWhatWasUnloadedAndWhatServes) {
  messages::LoadModelRequest request;
  request.set_model("one");
  ASSERT_TRUE(unload("one"));
  const auto loaded = client_->LoadModel(request, kPatience).wait();
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_TRUE(loaded->model().ready());
  EXPECT_EQ(loaded->model().versions(0).loads(), 2U);
  const auto reloaded = client_->LoadModel(request, kPatience).wait();
  ASSERT_TRUE(reloaded) << reloaded.error().to_string();
  EXPECT_EQ(reloaded->model().versions(1).loads(), 3U);
  EXPECT_EQ(reloaded->model().versions(1).state(), messages::READY);
}

TEST_F(ModelManagement, AFailedReloadSaysWhyAndTheOldVersionServes) {
  folder_.write("one/model.yaml", "colour: red\n");
  messages::LoadModelRequest request;
  request.set_model("one");
  const auto failed = client_->LoadModel(request, kPatience).wait();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string{failed.error().message()}, ::testing::HasSubstr("colour"));
  const auto model = describe("one");
  ASSERT_TRUE(model);
  EXPECT_TRUE(model->ready());
}

TEST_F(ModelManagement, TellsTheLabelsOfAVersion) {
  folder_.write("one/model.yaml", "versions: {labels: {stable: 1}}\n");
  messages::LoadModelRequest request;
  request.set_model("one");
  const auto loaded = client_->LoadModel(request, kPatience).wait();
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_EQ(loaded->model().labels().at("stable"), 1);
  EXPECT_THAT(loaded->model().versions(0).labels(), ElementsAre("stable"));
}

TEST_F(ModelManagement, SaysWhyAModelCannotBeUnloaded) {
  EXPECT_EQ(unload("three").error().code(), StatusCode::kNotFound);
  EXPECT_EQ(unload("two").error().code(), StatusCode::kFailedPrecondition);
}

TEST_F(ModelManagement, ScalesEveryReadyVersion) {
  messages::ScaleModelRequest request;
  request.set_model("one");
  request.set_instances(3);
  const auto scaled = client_->ScaleModel(request, kPatience).wait();
  ASSERT_TRUE(scaled) << scaled.error().to_string();
  ASSERT_EQ(scaled->model().versions_size(), 2);
  EXPECT_EQ(scaled->model().versions(0).instances().count(), 3U);
  EXPECT_EQ(scaled->model().versions(1).instances().count(), 3U);
  request.set_instances(0);
  EXPECT_EQ(client_->ScaleModel(request, kPatience).wait().error().code(), StatusCode::kInvalidArgument);
  request.set_model("three");
  EXPECT_EQ(client_->ScaleModel(request, kPatience).wait().error().code(), StatusCode::kNotFound);
}

TEST_F(ModelManagement, BatchesOfAModelThatIsNotThereAreNotFound) {
  messages::ListBatchesRequest request;
  const auto none = client_->ListBatches(request, kPatience).wait();
  ASSERT_TRUE(none) << none.error().to_string();
  EXPECT_EQ(none->batches_size(), 0);
  request.set_model("three");
  EXPECT_EQ(client_->ListBatches(request, kPatience).wait().error().code(), StatusCode::kNotFound);
}

TEST_F(ModelManagement, WatchBeginsWithEverythingAndTellsOfEachChange) {
  auto watch = client_->WatchModels({}, kPatience);
  const auto first = watch.read().wait();
  ASSERT_TRUE(first && first->has_snapshot());
  EXPECT_EQ(first->snapshot().models_size(), 2);
  ASSERT_TRUE(unload("one", 1));
  const auto draining = watch.read().wait();
  ASSERT_TRUE(draining && draining->has_change());
  EXPECT_EQ(draining->change().model(), "one");
  EXPECT_EQ(draining->change().version(), 1);
  EXPECT_EQ(draining->change().state(), messages::DRAINING);
  const auto unloaded = watch.read().wait();
  ASSERT_TRUE(unloaded && unloaded->has_change());
  EXPECT_EQ(unloaded->change().state(), messages::UNLOADED);
}

TEST_F(ModelManagement, WatchOfOneModelDoesNotTellOfOthers) {
  messages::WatchModelsRequest request;
  request.add_models("two");
  auto watch = client_->WatchModels(request, kPatience);
  const auto first = watch.read().wait();
  ASSERT_TRUE(first && first->has_snapshot());
  EXPECT_EQ(first->snapshot().models_size(), 1);
  ASSERT_TRUE(unload("one", 1));
  server_.shutdown(30s);  // the watch ends with what was there for it
  EXPECT_FALSE(watch.read().wait());
  EXPECT_EQ(watch.finish().wait().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace parlance::dialects::management
