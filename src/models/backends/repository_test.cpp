#include "models/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "models/backends/built_in.h"
#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() : repository_({.root = folder_.path(), .threads_per_model = 2}, built_in_backends()) {}

  void add_digits(const std::filesystem::path& version) {
    folder_.copy(testing::digits_file(), version / "model.onnx");
  }
  std::string reason_of(std::string_view model, std::int64_t version) {
    for (const VersionStatus& each : repository_.versions())
      if (each.model == model && each.version == version && each.state == VersionState::kFailed)
        return each.reason;
    return "not FAILED";
  }
  std::vector<std::string> states() {
    std::vector<std::string> all;
    for (const VersionStatus& each : repository_.versions())
      all.push_back(concat(each.model, " ", each.version, " ", to_string(each.state)));
    return all;
  }
  Result<Tensors> run_digits(const ModelHandle& handle) {
    static const std::vector<float> kPixels(64, 1.0F);
    return handle.run({Tensor::of<float>("features", {1, 64}, kPixels)});
  }

  testing::TempFolder folder_;
  Repository repository_;
};

TEST_F(RepositoryTest, ServesWhatItLoaded) {
  add_digits("digits/1");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_THAT(states(), ElementsAre("digits 1 READY"));
  const Result<ModelHandle> handle = repository_.find("digits");
  ASSERT_TRUE(handle) << handle.error().to_string();
  EXPECT_EQ(handle->model(), "digits");
  EXPECT_EQ(handle->version(), 1);
  EXPECT_GT(handle->typical_run(), Duration::zero());
  const Result<Tensors> outputs = run_digits(*handle);
  ASSERT_TRUE(outputs) << outputs.error().to_string();
  EXPECT_EQ(outputs->at(0).shape(), (Shape{1, 10}));
}

TEST_F(RepositoryTest, ChecksInputsBeforeTheModelSeesThem) {
  add_digits("digits/1");
  ASSERT_TRUE(repository_.load().ok());
  const std::array<float, 3> three{};
  const Result<Tensors> outputs =
      repository_.find("digits")->run({Tensor::of<float>("features", {1, 3}, three)});
  ASSERT_FALSE(outputs);
  EXPECT_EQ(outputs.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(outputs.error().message(), "Input \"features\" must have the shape [-1, 64], got [1, 3]");
}

TEST_F(RepositoryTest, NamesWhatThereIsWhenAskedForWhatIsNot) {
  add_digits("digits/1");
  add_digits("digits/3");
  add_digits("other/1");
  ASSERT_TRUE(repository_.load().ok());
  const Result<ModelHandle> no_model = repository_.find("digit");
  ASSERT_FALSE(no_model);
  EXPECT_EQ(no_model.error().code(), StatusCode::kNotFound);
  EXPECT_EQ(no_model.error().message(), "Model \"digit\" not found; available: digits, other");
  EXPECT_EQ(grpc::error_info(no_model.error())->reason, "MODEL_NOT_FOUND");
  const Result<ModelHandle> no_version = repository_.find("digits", 2);
  ASSERT_FALSE(no_version);
  EXPECT_EQ(no_version.error().code(), StatusCode::kNotFound);
  EXPECT_EQ(no_version.error().message(), "Model \"digits\" has no version 2; available: 1, 3");
  EXPECT_EQ(grpc::error_info(no_version.error())->reason, "MODEL_VERSION_NOT_FOUND");
  EXPECT_EQ(repository_.find("digits", -1).error().code(), StatusCode::kNotFound);
}

TEST_F(RepositoryTest, SaysThatThereIsNoModelAtAll) {
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_EQ(repository_.find("x").error().message(), "Model \"x\" not found; available: none");
}

TEST_F(RepositoryTest, TakesTheHighestReadyVersionByDefault) {
  add_digits("digits/2");
  add_digits("digits/10");
  folder_.write("digits/11/model.onnx", "broken");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_EQ(repository_.find("digits")->version(), 10);
  EXPECT_EQ(repository_.find("digits", 2)->version(), 2);
}

TEST_F(RepositoryTest, KeepsServingBesideABrokenModel) {
  add_digits("digits/1");
  folder_.write("broken/1/model.onnx", "this is no model");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_TRUE(run_digits(*repository_.find("digits")));
  const Result<ModelHandle> broken = repository_.find("broken");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{broken.error().message()},
              StartsWith("Model \"broken\" version 1 is not ready: FAILED: model.onnx: "));
  EXPECT_EQ(grpc::error_info(broken.error())->reason, "MODEL_NOT_READY");
  EXPECT_FALSE(repository_.ready()) << "every model that was found is required unless some are named";
  EXPECT_TRUE(repository_.ready("digits"));
  EXPECT_FALSE(repository_.ready("broken"));
}

TEST_F(RepositoryTest, SaysWhyAModelFailed) {
  folder_.make("empty/1");
  folder_.make("no_version/v1");
  folder_.make("nothing");
  folder_.copy(testing::digits_file(), "two/1/a.onnx");
  folder_.copy(testing::digits_file(), "two/1/b.onnx");
  add_digits("bad_key/1");
  folder_.write("bad_key/model.yaml", "# digits\nlables: labels.txt\n");
  add_digits("no_labels/1");
  folder_.write("no_labels/model.yaml", "labels: labels.txt\n");
  add_digits("few_labels/1");
  folder_.write("few_labels/model.yaml", "labels: labels.txt\n");
  folder_.write("few_labels/labels.txt", "a\nb\n");
  add_digits("no_backend/1");
  folder_.write("no_backend/model.yaml", "backend: tpu\n");
  add_digits("no_transform/1");
  folder_.write("no_transform/model.yaml", "raw_input: {formats: [jpeg], transform: picture}\n");
  add_digits("wrong_transform/1");
  folder_.write("wrong_transform/model.yaml", "raw_input: {formats: [bytes], transform: magika}\n");
  add_digits("wrong_inputs/1");
  folder_.write("wrong_inputs/model.yaml", "inputs: [{name: features, type: FP32, shape: [-1, 63]}]\n");
  folder_.write("flat/model.onnx", "x");
  folder_.write("1/model.onnx", "x");
  ASSERT_TRUE(repository_.load().ok());

  EXPECT_EQ(reason_of("empty", 1), "no model file in the version's folder");
  EXPECT_EQ(reason_of("no_version", 0),
            "no version: a version is a folder named by a positive whole number, which these are not: v1");
  EXPECT_EQ(reason_of("nothing", 0), "no version: a version is a folder named by a positive whole number");
  EXPECT_EQ(
      reason_of("flat", 0),
      "no version: a version is a folder named by a positive whole number; model.onnx belongs into one: "
      "flat/1/model.onnx");
  EXPECT_EQ(
      reason_of("1", 0),
      "no version: a version is a folder named by a positive whole number; this looks like a version: the "
      "repository is the folder above its model's");
  EXPECT_EQ(reason_of("two", 1),
            "several model files in the version's folder: name one as \"file\" in model.yaml");
  EXPECT_THAT(reason_of("bad_key", 1), StartsWith("bad_key/model.yaml:2: unknown key \"lables\""));
  EXPECT_EQ(reason_of("no_labels", 1), "labels.txt: cannot be read");
  EXPECT_EQ(reason_of("few_labels", 1), "labels.txt has 2 labels, the first output has 10 classes");
  EXPECT_EQ(reason_of("no_backend", 1), "there is no backend \"tpu\" (known: openvino, python, synthetic)");
  EXPECT_EQ(reason_of("no_transform", 1), "there is no transform \"picture\"");
  EXPECT_EQ(reason_of("wrong_transform", 1),
            "the transform \"magika\" makes one input INT32 [1, 2048], which the model does not take");
  EXPECT_THAT(reason_of("wrong_inputs", 1), HasSubstr("the model has features FP32 [-1, 64]"));

  EXPECT_EQ(repository_.find("no_version").error().message(),
            "Model \"no_version\" is not ready: FAILED: no version: a version is a folder named by a "
            "positive whole "
            "number, which these are not: v1");
}

TEST_F(RepositoryTest, SaysThatAModelIsNoRepository) {
  add_digits("digits/1");
  const std::filesystem::path file = folder_.path() / "digits/1/model.onnx";
  Repository repository{{.root = file}, built_in_backends()};
  EXPECT_EQ(
      repository.load().message(),
      file.string() + " is a model; a repository is a folder with one below it, as in model/1/model.onnx");
}

TEST_F(RepositoryTest, LoadsAgainWhatFailedOnceItIsMended) {
  folder_.write("digits/1/model.onnx", "broken");
  folder_.make("later/none");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_FALSE(repository_.ready());
  std::filesystem::remove(folder_.path() / "digits/1/model.onnx");
  add_digits("digits/1");
  add_digits("later/1");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_TRUE(repository_.ready());
  EXPECT_THAT(states(), ElementsAre("digits 1 READY", "later 1 READY"));
}

TEST_F(RepositoryTest, PrefersTheFileCalledModelAndTheOneThatIsNamed) {
  folder_.copy(testing::digits_file(), "a/1/model.onnx");
  folder_.write("a/1/backup.onnx", "broken");
  folder_.copy(testing::digits_file(), "b/1/good.onnx");
  folder_.write("b/1/bad.onnx", "broken");
  folder_.write("b/model.yaml", "file: good.onnx\n");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_TRUE(repository_.ready("a"));
  EXPECT_TRUE(repository_.ready("b"));
}

TEST_F(RepositoryTest, RunsWhereTheModelSaysOrWhereWarmUpMeasuredIt) {
  for (const char* name : {"loop/1", "worker/1", "measured/1"}) add_digits(name);
  folder_.write("loop/model.yaml", "run: loop\n");
  folder_.write("worker/model.yaml", "run: worker\n");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_TRUE(repository_.find("loop")->runs_on_loop());
  EXPECT_FALSE(repository_.find("worker")->runs_on_loop());
  const Result<ModelHandle> measured = repository_.find("measured");
  EXPECT_EQ(measured->runs_on_loop(), measured->typical_run() <= RepositoryOptions{}.loop_run_limit);
}

TEST_F(RepositoryTest, TellsListenersEveryChangeInOrder) {
  add_digits("digits/1");
  folder_.write("broken/1/model.onnx", "broken");
  std::vector<std::string> changes;
  std::vector<bool> ready;
  {
    const Repository::Subscription subscription = repository_.subscribe([&](const VersionStatus& status) {
      changes.push_back(status.model + " " + std::string{to_string(status.state)});
      ready.push_back(repository_.ready("digits"));
    });
    ASSERT_TRUE(repository_.load().ok());
    ASSERT_TRUE(repository_.unload("digits", 1).ok());
  }
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_THAT(changes, ElementsAre("broken LOADING", "broken FAILED", "digits LOADING", "digits WARMING",
                                   "digits READY", "digits DRAINING", "digits UNLOADED"));
  EXPECT_THAT(ready, ElementsAre(false, false, false, false, true, false, false));
}

TEST_F(RepositoryTest, IsNotReadyWithoutModels) {
  EXPECT_FALSE(repository_.ready()) << "before the first load";
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_FALSE(repository_.ready()) << "an empty folder";
  add_digits("digits/1");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_FALSE(repository_.ready()) << "what came later is not required";
}

TEST_F(RepositoryTest, NeedsOnlyTheModelsNamedAsRequired) {
  add_digits("digits/1");
  folder_.write("broken/1/model.onnx", "broken");
  Repository repository{{.root = folder_.path(), .required = std::vector<std::string>{"digits"}},
                        built_in_backends()};
  EXPECT_FALSE(repository.ready());
  ASSERT_TRUE(repository.load().ok());
  EXPECT_TRUE(repository.ready());
  Repository strict{{.root = folder_.path(), .required = std::vector<std::string>{"digits", "absent"}},
                    built_in_backends()};
  ASSERT_TRUE(strict.load().ok());
  EXPECT_FALSE(strict.ready());
}

TEST_F(RepositoryTest, IsReadyFromTheStartWhenNoModelIsRequired) {
  add_digits("digits/1");
  Repository repository{{.root = folder_.path(), .required = std::vector<std::string>{}},
                        built_in_backends()};
  EXPECT_TRUE(repository.ready());
  EXPECT_FALSE(repository.ready("digits"));
  EXPECT_TRUE(repository.load("digits").ok());
  EXPECT_TRUE(repository.ready());
  EXPECT_TRUE(repository.required().empty());
}

TEST_F(RepositoryTest, SaysThatItsFolderIsNotThere) {
  Repository repository{{.root = folder_.path() / "none"}, built_in_backends()};
  EXPECT_EQ(repository.load().code(), StatusCode::kNotFound);
}

TEST_F(RepositoryTest, KeepsAVersionLoadedWhileItIsPinned) {
  add_digits("digits/1");
  ASSERT_TRUE(repository_.load().ok());
  std::optional<ModelHandle> handle = *repository_.find("digits");

  const Status in_use = repository_.unload("digits", 1, Deadline{Clock::now()});
  EXPECT_EQ(in_use.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(in_use.message(), "Model \"digits\" version 1 is still in use");
  EXPECT_EQ(repository_.find("digits").error().message(),
            "Model \"digits\" version 1 is not ready: DRAINING");
  EXPECT_FALSE(repository_.ready());
  EXPECT_TRUE(run_digits(*handle)) << "who has it may go on";

  EXPECT_TRUE(run_digits(*handle));
  handle.reset();  // it is freed without another unload
  for (int i = 0; i < 2000 && states().front() != "digits 1 UNLOADED"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  EXPECT_THAT(states(), ElementsAre("digits 1 UNLOADED"));
  EXPECT_EQ(repository_.unload("digits", 1).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(repository_.unload("none", 1).code(), StatusCode::kNotFound);

  ASSERT_TRUE(repository_.load().ok());
  EXPECT_TRUE(run_digits(*repository_.find("digits"))) << "an unloaded version can be loaded anew";
}

TEST_F(RepositoryTest, UnloadsUnderLoadWithoutFailingARunThatBegan) {
  add_digits("digits/1");
  ASSERT_TRUE(repository_.load().ok());
  std::atomic<bool> stop{false};
  std::atomic<int> runs{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 3; ++i)
    callers.emplace_back([&] {
      while (!stop) {
        const Result<ModelHandle> handle = repository_.find("digits");
        if (!handle) {
          ASSERT_EQ(handle.error().code(), StatusCode::kUnavailable);
          std::this_thread::yield();
          continue;
        }
        ASSERT_TRUE(run_digits(*handle));
        ++runs;
      }
    });
  for (int i = 0; i < 5; ++i) {
    const int before = runs;
    while (runs == before) std::this_thread::yield();
    ASSERT_TRUE(repository_.unload("digits", 1).ok());
    ASSERT_TRUE(repository_.load().ok());
  }
  stop = true;
}

}  // namespace
}  // namespace parlance::models
