#include "models/backends/openvino/openvino_backend.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "grpc/error_details.h"
#include "models/backends/built_in.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using testing::test_model;

class OpenVino : public ::testing::Test {
 protected:
  std::unique_ptr<LoadedModel> load(const std::filesystem::path& file) {
    Result<std::unique_ptr<LoadedModel>> model =
        backend_.load({.file = file, .config = {}}, {.instances = 2});
    EXPECT_TRUE(model) << model.error().to_string();
    return model ? *std::move(model) : nullptr;
  }

  Status load_error(const std::filesystem::path& file) {
    const Result<std::unique_ptr<LoadedModel>> model = backend_.load({.file = file, .config = {}}, {});
    return model ? Status{} : model.error();
  }

  static Result<Tensors> run(LoadedModel& model, Tensors inputs) {
    std::optional<Result<Tensors>> outputs;
    model.run(std::move(inputs), [&](Result<RunOutputs> result) {
      if (result)
        outputs.emplace(std::move(result->tensors));
      else
        outputs.emplace(std::unexpected{std::move(result).error()});
    });
    EXPECT_TRUE(outputs.has_value()) << "runs are synchronous";
    return *std::move(outputs);
  }

  OpenVinoBackend backend_;
};

template <typename T>
std::vector<T> values(const Tensor& tensor) {
  const auto span = tensor.as<T>();
  return {span.begin(), span.end()};
}

TEST_F(OpenVino, ReadsTheSignatureOfAnOnnxFile) {
  EXPECT_EQ(load(testing::digits_file())->signature(),
            (Signature{.inputs = {{"features", DataType::kFp32, {-1, 64}}},
                       .outputs = {{"probabilities", DataType::kFp32, {-1, 10}}}}));
  EXPECT_EQ(load(test_model("where.onnx"))->signature(),
            (Signature{.inputs = {{"x", DataType::kFp32, {-1, 4}}},
                       .outputs = {{"places", DataType::kInt64, {-1, 2}}}}));
}

TEST_F(OpenVino, ReadsASavedModelUnderTheNamesOfItsSignature) {
  const testing::TempFolder folder;
  std::filesystem::copy(test_model("half_plus_two"), folder.path() / "model.savedmodel",
                        std::filesystem::copy_options::recursive);
  for (const auto& file :
       {test_model("half_plus_two") / "saved_model.pb", folder.path() / "model.savedmodel"}) {
    const auto model = load(file);
    EXPECT_EQ(model->signature(), (Signature{.inputs = {{"x", DataType::kFp32, {-1}}},
                                             .outputs = {{"y", DataType::kFp32, {-1}}}}));
    const std::array<float, 3> x{1, 2, 5};
    Tensors inputs;
    inputs.push_back(Tensor::borrowing("x", DataType::kFp32, {3}, std::as_bytes(std::span{x})));
    const Result<Tensors> outputs = run(*model, std::move(inputs));
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    EXPECT_EQ(values<float>((*outputs)[0]), (std::vector<float>{2.5, 3, 4.5}));
  }
}

TEST_F(OpenVino, RefusesASavedModelWhoseInputsItDoesNotFind) {
  EXPECT_EQ(load_error(test_model("no_inputs") / "saved_model.pb").message(),
            "saved_model.pb: no inputs were found in it; tf2onnx may make it ONNX "
            "(docs/from-tensorflow-serving.md)");
}

/// A version that takes tokens as tensors and brings what makes them, as an embedding model does.
void add_tokenizer(const testing::TempFolder& folder, const std::string& version) {
  for (const char* const name : {"openvino_tokenizer.xml", "openvino_tokenizer.bin",
                                 "openvino_detokenizer.xml", "openvino_detokenizer.bin"})
    folder.copy(testing::source("models/repository/storyteller/1") / name, version + "/" + name);
}

TEST_F(OpenVino, HasTheTokenizerThatLiesBesideAModel) {
  const testing::TempFolder folder;
  folder.copy(test_model("add.onnx"), "add.onnx");
  EXPECT_EQ(load(folder.path() / "add.onnx")->tokenizer(), nullptr);
  add_tokenizer(folder, ".");
  const auto model = load(folder.path() / "add.onnx");
  ASSERT_NE(model->tokenizer(), nullptr);
  EXPECT_EQ(model->tokenizer()->vocabulary(), 2048U);
  EXPECT_FALSE(model->tokenizer()->encode("Emma").value().empty());
}

TEST_F(OpenVino, DoesNotTakeATokenizersGraphsForModels) {
  const testing::TempFolder folder;
  folder.copy(test_model("add.onnx"), "adder/1/add.onnx");
  add_tokenizer(folder, "adder/1");
  Repository repository{{.root = folder.path()}, built_in_backends()};
  ASSERT_TRUE(repository.load().ok());
  const auto handle = repository.find("adder");
  ASSERT_TRUE(handle) << handle.error().to_string();
  EXPECT_EQ(handle->signature().inputs.size(), 2U);
  EXPECT_NE(handle->tokenizer(), nullptr);
}

TEST_F(OpenVino, FailsAModelWhoseTokenizerCannotBeRead) {
  const testing::TempFolder folder;
  folder.copy(test_model("add.onnx"), "add.onnx");
  for (const char* const ending : {".xml", ".bin"})
    folder.copy(testing::source("models/repository/storyteller/1/openvino_detokenizer") += ending,
                std::string{"openvino_tokenizer"} + ending);
  const Status status = load_error(folder.path() / "add.onnx");
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("the tokenizer in"), std::string_view::npos) << status.message();
}

TEST_F(OpenVino, RunsOnBorrowedInputsAndOwnsItsOutputs) {
  const auto model = load(test_model("add.onnx"));
  std::optional<Tensor> sum;
  {
    const std::array<float, 4> a{1, 2, 3, 4};
    const std::array<float, 4> b{10, 20, 30, 40};
    Result<Tensors> outputs =
        run(*model, {Tensor::of<float>("a", {2, 2}, a), Tensor::of<float>("b", {2, 2}, b)});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    sum = std::move(outputs->at(0));
  }
  EXPECT_EQ(sum->name(), "sum");
  EXPECT_EQ(sum->shape(), (Shape{2, 2}));
  EXPECT_EQ(values<float>(*sum), (std::vector<float>{11, 22, 33, 44}));
}

TEST_F(OpenVino, LeavesTheOutputsOfAnEarlierRunAlone) {
  const auto model = load(test_model("add.onnx"));
  const std::array<float, 2> one{1, 1};
  const std::array<float, 2> two{2, 2};
  const Tensors first =
      *run(*model, {Tensor::of<float>("a", {1, 2}, one), Tensor::of<float>("b", {1, 2}, one)});
  const Tensors second =
      *run(*model, {Tensor::of<float>("a", {1, 2}, two), Tensor::of<float>("b", {1, 2}, two)});
  EXPECT_EQ(values<float>(first[0]), (std::vector<float>{2, 2}));
  EXPECT_EQ(values<float>(second[0]), (std::vector<float>{4, 4}));
}

TEST_F(OpenVino, GivesAsManyRowsAsTheModelMakesNotAsTheInputHas) {
  const auto model = load(test_model("where.onnx"));
  const std::array<float, 8> x{0, 5, 0, 5, 5, 0, 0, 0};
  for (int round = 0; round < 2; ++round) {
    const Result<Tensors> outputs = run(*model, {Tensor::of<float>("x", {2, 4}, x)});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    EXPECT_EQ(outputs->at(0).shape(), (Shape{3, 2}));
    EXPECT_EQ(values<std::int64_t>(outputs->at(0)), (std::vector<std::int64_t>{0, 1, 0, 3, 1, 0}));

    const auto first_row = std::span<const float>{x}.first(4);
    const Result<Tensors> fewer = run(*model, {Tensor::of<float>("x", {1, 4}, first_row)});
    ASSERT_TRUE(fewer) << fewer.error().to_string();
    EXPECT_EQ(values<std::int64_t>(fewer->at(0)), (std::vector<std::int64_t>{0, 1, 0, 3}));
  }
}

TEST_F(OpenVino, GivesOtherRowsThanExpectedAlsoWhereItLendsItsMemory) {
  const auto model = load(test_model("where.onnx"));
  constexpr std::int64_t kRows = 4000;
  std::vector<float> x(kRows * 4, 0.0F);
  x[4 * 3000 + 2] = 1;
  for (int round = 0; round < 2; ++round) {
    const Result<Tensors> outputs =
        run(*model, {Tensor::of<float>("x", {kRows, 4}, std::span<const float>{x})});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    EXPECT_EQ(values<std::int64_t>(outputs->at(0)), (std::vector<std::int64_t>{3000, 2}));
  }
}

TEST_F(OpenVino, RunsAnEmptyBatchAndALargeOneAfterEachOther) {
  const auto model = load(testing::digits_file());
  const std::vector<float> features(64 * 1000, 3.0F);
  const std::vector<float> one_row = values<float>(
      run(*model, {Tensor::of<float>("features", {1, 64}, std::span{features}.first(64))})->at(0));
  for (const std::int64_t rows : {1, 1000, 0, 7, 1000}) {
    const std::span<const float> some = std::span{features}.first(static_cast<std::size_t>(rows) * 64);
    const Result<Tensors> outputs = run(*model, {Tensor::of<float>("features", {rows, 64}, some)});
    ASSERT_TRUE(outputs) << rows << " rows: " << outputs.error().to_string();
    EXPECT_EQ(outputs->at(0).shape(), (Shape{rows, 10}));
    const std::vector<float> got = values<float>(outputs->at(0));
    ASSERT_EQ(got.size(), static_cast<std::size_t>(rows) * 10);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], one_row[i % 10], 1e-6);
  }
}

TEST_F(OpenVino, ReportsWhatFailsWhileItRuns) {
  const auto model = load(test_model("reshape.onnx"));
  const std::array<float, 4> four{1, 2, 3, 4};
  const std::array<std::int64_t, 2> fits{2, 2};
  const std::array<std::int64_t, 2> does_not{3, 2};
  const Tensor value_tensor = Tensor::of<float>("values", {4}, four);
  const Result<Tensors> failed =
      run(*model, {value_tensor, Tensor::of<std::int64_t>("shape", {2}, does_not)});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), StatusCode::kInternal);
  EXPECT_TRUE(failed.error().message().starts_with("Inference failed: ")) << failed.error().message();
  EXPECT_EQ(failed.error().message().find('\n'), std::string_view::npos);
  EXPECT_EQ(failed.error().message().find("failed at"), std::string_view::npos) << failed.error().message();
  EXPECT_EQ(grpc::error_info(failed.error())->reason, "INFERENCE_FAILED");

  const Result<Tensors> worked = run(*model, {value_tensor, Tensor::of<std::int64_t>("shape", {2}, fits)});
  ASSERT_TRUE(worked) << "a failed run leaves the model usable: " << worked.error().to_string();
  EXPECT_EQ(worked->at(0).shape(), (Shape{2, 2}));
  EXPECT_EQ(values<float>(worked->at(0)), (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(OpenVino, RunsOnManyThreadsAtOnce) {
  const auto model = load(test_model("add.onnx"));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 200; ++i) {
        const std::array<float, 2> a{static_cast<float>(thread), static_cast<float>(i)};
        const Result<Tensors> sum =
            run(*model, {Tensor::of<float>("a", {1, 2}, a), Tensor::of<float>("b", {1, 2}, a)});
        ASSERT_TRUE(sum) << sum.error().to_string();
        ASSERT_EQ(values<float>(sum->at(0)), (std::vector<float>{2 * a[0], 2 * a[1]}));
      }
    });
}

/// Compiled once for each instance, and (with two threads a run) with streams.
TEST_F(OpenVino, IsScaledWhileItRuns) {
  for (const unsigned threads : {1U, 2U}) {
    SCOPED_TRACE(threads);
    const Result<std::unique_ptr<LoadedModel>> model =
        backend_.load({.file = test_model("add.onnx"), .config = {}}, {.instances = 2, .threads = threads});
    ASSERT_TRUE(model) << model.error().to_string();
    std::atomic<bool> stop{false};
    std::atomic<int> runs{0};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 3; ++i)
      callers.emplace_back([&] {
        const std::array<float, 2> a{1, 2};
        const std::array<float, 2> b{10, 20};
        while (!stop) {
          const Result<Tensors> outputs =
              run(**model, {Tensor::of<float>("a", {1, 2}, a), Tensor::of<float>("b", {1, 2}, b)});
          ASSERT_TRUE(outputs) << outputs.error().to_string();
          ASSERT_EQ(values<float>(outputs->at(0)), (std::vector<float>{11, 22}));
          ++runs;
        }
      });
    for (const unsigned count : {1U, 4U, 2U, 3U}) {
      const int before = runs;
      while (runs < before + 3) std::this_thread::yield();
      const Status scaled = (*model)->set_instances(count);
      EXPECT_TRUE(scaled.ok()) << scaled.to_string();
    }
    stop = true;
  }
}

TEST_F(OpenVino, SaysWhyAFileIsNoModel) {
  testing::TempFolder folder;
  folder.write("notes.txt", "not a model");
  folder.write("empty.onnx", "");
  folder.write("text.onnx", "this is not a protobuf message");
  folder.write("cut.onnx", testing::read_file(testing::digits_file()).substr(0, 20'000));
  folder.write("text.xml", "<net><layers>");

  EXPECT_EQ(load_error(folder.path() / "notes.txt").message(),
            "notes.txt: OpenVINO reads no files of this kind");
  EXPECT_EQ(load_error(folder.path() / "none.onnx").message(), "none.onnx: No such file or directory");
  EXPECT_EQ(load_error(folder.path() / "empty.onnx").message(), "empty.onnx: the file is empty");
  for (const char* name : {"text.onnx", "cut.onnx", "text.xml"}) {
    ::testing::internal::CaptureStderr();
    const Status status = load_error(folder.path() / name);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "no noise about a bad file";
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_TRUE(status.message().starts_with(std::string{name} + ": ")) << status.message();
    EXPECT_GT(status.message().size(), std::string_view{name}.size() + 10) << status.message();
    EXPECT_EQ(status.message().find('\n'), std::string_view::npos);
    EXPECT_EQ(status.message().find("Exception from"), std::string_view::npos) << status.message();
    RecordProperty(name, std::string{status.message()});
  }
}

TEST_F(OpenVino, NamesAnOperatorItDoesNotKnow) {
  const Status status = load_error(test_model("unsupported.onnx"));
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("LinearRegressor"), std::string_view::npos) << status.message();
}

}  // namespace
}  // namespace parlance::models
