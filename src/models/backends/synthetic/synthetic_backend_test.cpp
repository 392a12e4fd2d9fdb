#include "models/backends/synthetic/synthetic_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>

namespace parlance::models {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr auto kPatience = 10s;
constexpr std::array<float, 4> kValues{1, 2, 3, 4};

class Synthetic : public ::testing::Test {
 protected:
  Synthetic() {
    config_.inputs = {{"x", DataType::kFp32, {-1, 2}}};
    config_.outputs = {{"y", DataType::kFp32, {-1, 2}}};
    config_.synthetic = {.base = 2ms, .per_item = 1ms};
  }
  std::unique_ptr<LoadedModel> load(unsigned instances = 1) {
    Result<std::unique_ptr<LoadedModel>> model =
        backend_.load({.file = {}, .config = config_}, {.instances = instances});
    EXPECT_TRUE(model) << model.error().to_string();
    return *std::move(model);
  }
  static Tensor input(std::int64_t rows) {
    return Tensor::of<float>("x", {rows, 2}, std::span{kValues}.first(static_cast<std::size_t>(rows) * 2));
  }
  static std::future<RunOutputs> start(LoadedModel& model, Tensors inputs) {
    auto promise = std::make_shared<std::promise<RunOutputs>>();
    std::future<RunOutputs> future = promise->get_future();
    model.run(std::move(inputs), [promise](Result<RunOutputs> outputs) {
      EXPECT_TRUE(outputs);
      promise->set_value(*std::move(outputs));
    });
    return future;
  }
  static RunOutputs run(LoadedModel& model, Tensors inputs) {
    std::future<RunOutputs> future = start(model, std::move(inputs));
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }

  ModelConfig config_;
  SyntheticBackend backend_;
};

TEST_F(Synthetic, HandsBackItsInputsAndSaysWhatItCopied) {
  const auto model = load();
  const RunOutputs outputs = run(*model, {input(2)});
  ASSERT_EQ(outputs.tensors.size(), 1U);
  EXPECT_EQ(outputs.tensors[0].name(), "y");
  EXPECT_EQ(outputs.tensors[0].shape(), (Shape{2, 2}));
  EXPECT_THAT(outputs.tensors[0].as<float>(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(outputs.copied_bytes, 16U);
}

TEST_F(Synthetic, AnOutputWithoutAnInputOfItsShapeIsZeros) {
  config_.outputs = {{"scores", DataType::kFp32, {-1, 3}}, {"second", DataType::kInt64, {1}}};
  const auto model = load();
  const RunOutputs outputs = run(*model, {input(2)});
  EXPECT_EQ(outputs.tensors.at(0).shape(), (Shape{2, 3}));
  EXPECT_THAT(outputs.tensors[0].as<float>(), Each(0.0F));
  EXPECT_EQ(outputs.tensors.at(1).shape(), (Shape{1}));
  EXPECT_EQ(outputs.copied_bytes, 0U);
}

TEST_F(Synthetic, ARunTakesItsBaseAndItsRowsAndReturnsBefore) {
  const auto model = load();
  const TimePoint began = Clock::now();
  std::future<RunOutputs> outputs = start(*model, {input(2)});
  ASSERT_EQ(outputs.wait_for(kPatience), std::future_status::ready);
  EXPECT_GE(Clock::now() - began, 4ms);
  EXPECT_TRUE(model->runs_elsewhere());
}

TEST_F(Synthetic, AsManyRunsPassTogetherAsThereAreInstances) {
  config_.synthetic = {.base = 20ms, .per_item = {}};
  const auto model = load(2);
  const auto three_runs = [&] {
    const TimePoint began = Clock::now();
    std::vector<std::future<RunOutputs>> runs;
    for (int i = 0; i < 3; ++i) runs.push_back(start(*model, {input(1)}));
    for (auto& each : runs) EXPECT_EQ(each.wait_for(kPatience), std::future_status::ready);
    return Clock::now() - began;
  };
  EXPECT_GE(three_runs(), 40ms) << "the third waits for an instance";
  ASSERT_TRUE(model->set_instances(1).ok());
  EXPECT_GE(three_runs(), 60ms);
}

TEST_F(Synthetic, ManyThreadsMayRunAndScaleIt) {
  config_.synthetic = {.base = 100us, .per_item = {}};
  const auto model = load(2);
  std::atomic<int> done{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int run = 0; run < 50; ++run) model->run({input(1)}, [&](Result<RunOutputs>) { ++done; });
    });
  for (unsigned count : {1U, 8U, 3U}) EXPECT_TRUE(model->set_instances(count).ok());
  callers.clear();
  const TimePoint until = Clock::now() + kPatience;
  while (done < 200 && Clock::now() < until) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(done, 200);
}

TEST_F(Synthetic, NeedsInputsAndOutputs) {
  config_.outputs.clear();
  const auto model = backend_.load({.file = {}, .config = config_}, {});
  ASSERT_FALSE(model);
  EXPECT_EQ(
      model.error().message(),
      "a synthetic model has no file that tells its inputs and outputs: the configuration must declare both");
}

}  // namespace
}  // namespace parlance::models
