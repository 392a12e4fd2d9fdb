// Versions that make text, as the repository loads them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generation/step_plan.h"
#include "models/backends/built_in.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using ::testing::HasSubstr;

constexpr std::array kParts{"model", "tokenizer", "detokenizer"};

class TextModelTest : public ::testing::Test {
 protected:
  void add(std::string_view part) {
    for (const char* const ending : {".xml", ".bin"}) {
      const std::string name = "openvino_" + std::string{part} + ending;
      folder_.copy(testing::source("models/repository/storyteller/1") / name, "teller/1/" + name);
    }
  }
  void add_all() {
    for (const char* const part : kParts) add(part);
  }

  testing::TempFolder folder_;
  Repository repository_{{.root = folder_.path(), .threads_per_model = 2}, built_in_backends()};
};

TEST_F(TextModelTest, IsRecognisedByItsFiles) {
  add_all();
  folder_.write("teller/model.yaml", "generation: {cache_mb: 1}");
  ASSERT_TRUE(repository_.load().ok());
  const auto handle = repository_.find("teller");
  ASSERT_TRUE(handle) << handle.error().to_string();
  EXPECT_TRUE(handle->makes_text());
  EXPECT_EQ(handle->signature(), (Signature{.inputs = {{"text_input", DataType::kBytes, {1}}},
                                            .outputs = {{"text_output", DataType::kBytes, {1}}}}));
  EXPECT_EQ(handle->tokenizer()->vocabulary(), 2048U);
  EXPECT_EQ(handle->chat_template(), "");
  generation::StepEngine& decoder = *handle->engine().decoder();
  EXPECT_EQ(decoder.vocabulary(), 2048U);
  EXPECT_EQ(decoder.pages(), 1024 * 1024 / decoder.page_bytes());
  EXPECT_GT(handle->typical_run(), Duration::zero());
  EXPECT_FALSE(handle->runs_on_loop());
  EXPECT_EQ(handle->engine().context_tokens(), 0U);
}

TEST_F(TextModelTest, HasTheContextThatItsFilesTell) {
  add_all();
  folder_.write("teller/1/config.json", R"({"max_position_embeddings": 512})");
  ASSERT_TRUE(repository_.load().ok());
  EXPECT_EQ(repository_.find("teller")->engine().context_tokens(), 512U);
  for (const char* const other : {"no JSON", "[]", R"({"max_position_embeddings": "many"})"}) {
    folder_.write("teller/1/config.json", other);
    ASSERT_TRUE(repository_.load("teller").ok());
    EXPECT_EQ(repository_.find("teller")->engine().context_tokens(), 0U) << other;
  }
}

TEST_F(TextModelTest, TakesNoTensorsAndNoSecondInstance) {
  add_all();
  ASSERT_TRUE(repository_.load().ok());
  LoadedModel& model = repository_.find("teller")->engine();
  std::optional<Result<RunOutputs>> ran;
  model.run({}, [&](Result<RunOutputs> result) { ran = std::move(result); });
  ASSERT_TRUE(ran.has_value());
  EXPECT_EQ(ran->error().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(model.set_instances(2).code(), StatusCode::kFailedPrecondition);
  const std::array<float, 1> number{1};
  const auto outputs = repository_.find("teller")->run({Tensor::of<float>("text_input", {1}, number)});
  ASSERT_FALSE(outputs);
  EXPECT_EQ(outputs.error().message(), "Input \"text_input\" must be BYTES, got FP32");
}

TEST_F(TextModelTest, IsNoneWithoutADecoder) {
  add("tokenizer");
  add("detokenizer");
  folder_.copy(testing::test_model("add.onnx"), "teller/1/add.onnx");
  folder_.write("teller/model.yaml", "generation: {}");
  const Status status = repository_.load("teller");
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string{status.message()}, HasSubstr("\"generation\", but the version makes no text"));
}

TEST_F(TextModelTest, IsNotBatched) {
  add_all();
  folder_.write("teller/model.yaml", "batching: {max_batch: 4}");
  EXPECT_THAT(std::string{repository_.load("teller").message()}, HasSubstr("requests cannot be batched"));
}

}  // namespace
}  // namespace parlance::models
