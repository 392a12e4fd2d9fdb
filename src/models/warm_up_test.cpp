#include "models/warm_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

/// Keeps what it is given; its input "x" is FP32 [-1, 2], its input "ids" INT32 [-1, -1].
class Recorder final : public LoadedModel {
 public:
  const Signature& signature() const override { return signature_; }
  void run(Tensors inputs, RunCompletion done) override {
    runs_.push_back(std::move(inputs));
    done(RunOutputs{});
  }
  Status set_instances(unsigned) override { return {}; }
  const std::vector<Tensors>& runs() const { return runs_; }

 private:
  const Signature signature_{.inputs = {{"x", DataType::kFp32, {-1, 2}}, {"ids", DataType::kInt32, {-1, -1}}},
                             .outputs = {}};
  std::vector<Tensors> runs_;
};

class WarmUp : public ::testing::Test {
 protected:
  WarmUp() {
    auto model = std::make_unique<Recorder>();
    recorder_ = model.get();
    loaded_.signature = model->signature();
    loaded_.model = std::move(model);
  }
  Status warm_up() { return models::warm_up(loaded_, folder_.path(), std::chrono::seconds{1}); }

  testing::TempFolder folder_;
  LoadedVersion loaded_;
  Recorder* recorder_;
};

TEST_F(WarmUp, RunsABatchOfOneOnZeros) {
  ASSERT_TRUE(warm_up().ok());
  EXPECT_THAT(loaded_.run_times, ElementsAre(Field(&RunTime::rows, 1U)));
  EXPECT_EQ(loaded_.typical_run, loaded_.run_times[0].shortest);
  EXPECT_TRUE(loaded_.runs_on_loop);
  const Tensors& inputs = recorder_->runs().at(0);
  EXPECT_EQ(inputs.at(0).shape(), (Shape{1, 2}));
  EXPECT_THAT(inputs[0].as<float>(), ElementsAre(0, 0));
  EXPECT_EQ(inputs.at(1).shape(), (Shape{1, 1}));
}

TEST_F(WarmUp, MeasuresTheSizesThatBatchesMayHave) {
  loaded_.config.batching.max_batch = 8;
  loaded_.config.batching.preferred = {4};
  ASSERT_TRUE(warm_up().ok());
  EXPECT_THAT(loaded_.run_times,
              ElementsAre(Field(&RunTime::rows, 1U), Field(&RunTime::rows, 4U), Field(&RunTime::rows, 8U)));
  EXPECT_EQ(recorder_->runs().back().at(0).shape(), (Shape{8, 2}));
}

TEST_F(WarmUp, MeasuresTheSizesItIsTold) {
  loaded_.config.batching.max_batch = 8;
  loaded_.config.warmup.batch_sizes = {2, 3};
  ASSERT_TRUE(warm_up().ok());
  EXPECT_THAT(loaded_.run_times, ElementsAre(Field(&RunTime::rows, 2U), Field(&RunTime::rows, 3U)));
}

TEST_F(WarmUp, RepeatsTheRowsOfFilesAndTakesAnOpenDimensionFromTheirSize) {
  loaded_.config.warmup = {.batch_sizes = {2}, .input_files = {{"x", "x.bin"}, {"ids", "ids.bin"}}};
  const float x[] = {1.5F, -2};
  const std::int32_t ids[] = {7, 8, 9};
  folder_.write("x.bin", as_text(std::as_bytes(std::span{x})));
  folder_.write("ids.bin", as_text(std::as_bytes(std::span{ids})));
  ASSERT_TRUE(warm_up().ok());
  const Tensors& inputs = recorder_->runs().at(0);
  EXPECT_THAT(inputs.at(0).as<float>(), ElementsAre(1.5F, -2, 1.5F, -2));
  EXPECT_EQ(inputs.at(1).shape(), (Shape{2, 3}));
  EXPECT_THAT(inputs[1].as<std::int32_t>(), ElementsAre(7, 8, 9, 7, 8, 9));
}

TEST_F(WarmUp, SaysWhichFileDoesNotFit) {
  loaded_.config.warmup.input_files = {{"x", "x.bin"}};
  EXPECT_EQ(warm_up().message(), "x.bin cannot be read");
  folder_.write("x.bin", "12345");
  EXPECT_EQ(warm_up().message(), "x.bin has 5 bytes, which are not one row of x FP32 [-1, 2]");
  folder_.write("x.bin", "");
  EXPECT_EQ(warm_up().message(), "x.bin has 0 bytes, which are not one row of x FP32 [-1, 2]");
  loaded_.config.warmup.input_files = {{"y", "x.bin"}};
  EXPECT_EQ(warm_up().message(), "there is no input \"y\" for x.bin");
}

}  // namespace
}  // namespace parlance::models
