#include "models/model_config.h"

#include <gtest/gtest.h>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

TEST(ModelConfig, ReadsEveryKey) {
  const Result<ModelConfig> config = parse_model_config(R"(
backend: openvino
file: net.onnx
inputs:
  - {name: x, type: FP32, shape: [-1, 4]}
  - {name: y, type: INT64, shape: []}
outputs:
  - name: z
    type: FP64
    shape: [2]
labels: names.txt
raw_input: {formats: [jpeg, png], transform: picture}
run: worker
)",
                                                        "m/model.yaml");
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->backend, "openvino");
  EXPECT_EQ(config->file, "net.onnx");
  EXPECT_EQ(config->inputs,
            (std::vector<TensorSpec>{{"x", DataType::kFp32, {-1, 4}}, {"y", DataType::kInt64, {}}}));
  EXPECT_EQ(config->outputs, (std::vector<TensorSpec>{{"z", DataType::kFp64, {2}}}));
  EXPECT_EQ(config->labels, "names.txt");
  EXPECT_EQ(config->raw_input.formats, (std::vector<std::string>{"jpeg", "png"}));
  EXPECT_EQ(config->raw_input.transform, "picture");
  EXPECT_EQ(config->run, RunPlace::kWorker);
}

TEST(ModelConfig, MayBeEmpty) {
  for (const char* text : {"", "# nothing\n", "{}"}) {
    const Result<ModelConfig> config = parse_model_config(text, "m/model.yaml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->run, RunPlace::kMeasured);
    EXPECT_TRUE(config->inputs.empty());
  }
}

TEST(ModelConfig, NamesFileLineAndKeyOfAnError) {
  const std::pair<const char*, const char*> cases[] = {
      {"backend: openvino\nlables: x.txt\n",
       "m/model.yaml:2: unknown key \"lables\" in a model's configuration (known: backend, file, inputs, "
       "outputs, "
       "labels, raw_input, run)"},
      {"inputs:\n  - name: x\n    type: FP32\n    dims: [1]\n",
       "m/model.yaml:4: unknown key \"dims\" in an item of \"inputs\" (known: name, type, shape)"},
      {"raw_input:\n  format: jpeg\n",
       "m/model.yaml:2: unknown key \"format\" in \"raw_input\" (known: formats, transform)"},
      {"labels: a\nlabels: b\n", "m/model.yaml:2: \"labels\" is given twice"},
      {"inputs:\n  - {name: x, type: fp32, shape: [1]}\n",
       "m/model.yaml:2: \"fp32\" is not a type; types are spelled like FP32, INT64, UINT8"},
      {"inputs:\n  - {name: x, type: FP32, shape: 4}\n",
       "m/model.yaml:2: \"shape\" must be a list of whole numbers"},
      {"inputs:\n  - {name: x, type: FP32, shape: [1, -2]}\n",
       "m/model.yaml:2: a dimension is a whole number, or -1 for any"},
      {"inputs:\n  - {name: x, type: FP32, shape: [four]}\n",
       "m/model.yaml:2: a dimension is a whole number, or -1 for any"},
      {"inputs:\n  - {name: x, type: FP32}\n",
       "m/model.yaml:2: an item of \"inputs\" needs name, type and shape"},
      {"outputs:\n  - {name: x, type: FP32, shape: [1]}\n  - {name: x, type: FP32, shape: [1]}\n",
       "m/model.yaml:3: \"outputs\" names \"x\" twice"},
      {"inputs: x\n", "m/model.yaml:1: \"inputs\" must be a list"},
      {"backend: [a]\n", "m/model.yaml:1: \"backend\" must be a text"},
      {"\n\nrun: fast\n", "m/model.yaml:3: \"run\" must be loop or worker, got \"fast\""},
      {"labels: ../../secret\n",
       "m/model.yaml:1: \"labels\" must be a file inside the model's folder, got \"../../secret\""},
      {"file: /etc/passwd\n",
       "m/model.yaml:1: \"file\" must be a file inside the model's folder, got \"/etc/passwd\""},
      {"raw_input: {formats: [jpeg]}\n", "m/model.yaml:1: \"raw_input\" needs formats and transform"},
      {"- a\n- b\n", "m/model.yaml:1: a model's configuration must be a mapping"},
      {"a: b: c\n", "m/model.yaml:1: illegal map value"},
      {"inputs: [\n", "m/model.yaml:2: end of sequence flow not found"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const Result<ModelConfig> config = parse_model_config(text, "m/model.yaml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(config.error().message(), message);
  }
}

TEST(ModelConfig, SaysThatItsFileCannotBeRead) {
  testing::TempFolder folder;
  EXPECT_EQ(read_model_config(folder.path() / "model.yaml", "m/model.yaml").error().message(),
            "m/model.yaml: cannot be read");
}

}  // namespace
}  // namespace parlance::models
