#include "models/triton_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::models {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ModelConfig parse(const std::string& text) {
  const Result<ModelConfig> config = parse_triton_config(text, "m/config.pbtxt", "m");
  EXPECT_TRUE(config) << config.error().to_string();
  return config ? *config : ModelConfig{};
}

// As Triton's documentation shows a model with a batch dimension.
TEST(TritonConfig, ReadsAModelThatTakesBatches) {
  const ModelConfig config = parse(R"(
name: "m"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  {
    name: "input0"
    data_type: TYPE_FP32
    dims: [ 3, 224, 224 ]
  },
  {
    name: "input1"
    data_type: TYPE_INT64
    dims: [ -1 ]
  }
]
output [
  {
    name: "output0"
    data_type: TYPE_FP16
    dims: [ 1000 ]
    label_filename: "labels.txt"
  }
]
default_model_filename: "net.onnx"
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching {
  preferred_batch_size: [ 8, 4 ]
  max_queue_delay_microseconds: 100
  preserve_ordering: true
  priority_levels: 4
  default_priority_level: 2
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 5000
    allow_timeout_override: true
    max_queue_size: 32
  }
}
version_policy: { latest: { num_versions: 2 } }
model_warmup [
  {
    name: "sample"
    batch_size: 4
    inputs { key: "input0" value: { data_type: TYPE_FP32 dims: [ 3, 224, 224 ] input_data_file: "sample0" } }
    inputs { key: "input1" value: { data_type: TYPE_INT64 dims: [ 1 ] zero_data: true } }
  }
]
)");
  EXPECT_EQ(config.backend, "") << "chosen by the file";
  EXPECT_EQ(config.file, "net.onnx");
  EXPECT_EQ(config.inputs, (std::vector<TensorSpec>{{"input0", DataType::kFp32, {-1, 3, 224, 224}},
                                                    {"input1", DataType::kInt64, {-1, -1}}}));
  EXPECT_EQ(config.outputs, (std::vector<TensorSpec>{{"output0", DataType::kFp16, {-1, 1000}}}));
  EXPECT_EQ(config.labels, "labels.txt");
  EXPECT_EQ(config.instances.count, 2U);
  EXPECT_EQ(
      config.batching,
      (BatchingConfig{.max_batch = 8, .max_delay = 100us, .preferred = {4, 8}, .preserve_order = true}));
  EXPECT_EQ(config.queue, (QueueConfig{.max_size = 32, .default_timeout = 5ms}));
  EXPECT_EQ(config.priority, 2U);
  EXPECT_EQ(config.versions, (VersionsConfig{.policy = VersionsConfig::Policy::kLatest, .latest = 2}));
  EXPECT_EQ(config.warmup, (WarmupConfig{.batch_sizes = {4}, .input_files = {{"input0", "warmup/sample0"}}}));
  EXPECT_THAT(
      config.warnings,
      ElementsAre("backend \"onnxruntime_onnx\" is not here: the engine is chosen by the model file"));
}

TEST(TritonConfig, HasTritonsDefaults) {
  const ModelConfig config =
      parse("backend: \"openvino\"\ninput { name: \"x\" data_type: TYPE_BF16 dims: [ 2, 3 ] }\n");
  EXPECT_EQ(config.backend, "openvino");
  EXPECT_EQ(config.inputs, (std::vector<TensorSpec>{{"x", DataType::kBf16, {2, 3}}})) << "no batch dimension";
  EXPECT_EQ(config.versions.policy, VersionsConfig::Policy::kLatest);
  EXPECT_EQ(config.versions.latest, 1U);
  EXPECT_EQ(config.batching, BatchingConfig{});
  EXPECT_THAT(config.warnings, IsEmpty());
  EXPECT_EQ(parse("version_policy { all { } }").versions.policy, VersionsConfig::Policy::kAll);
  EXPECT_THAT(parse("version_policy: { specific: { versions: [ 1, 3 ] } }").versions.specific,
              ElementsAre(1, 3));
  EXPECT_EQ(parse("max_batch_size: 8").batching.max_batch, 1U) << "requests are put together only when asked";
}

TEST(TritonConfig, ReadsStatesOfSequences) {
  const ModelConfig config = parse(R"(
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  oldest { max_candidate_sequences: 4 }
  state [
    {
      input_name: "h" output_name: "hn" data_type: TYPE_FP32 dims: [ 2, 1, 128 ]
      initial_state: { data_type: TYPE_FP32 dims: [ 2, 1, 128 ] zero_data: true name: "zero" }
    }
  ]
}
)");
  EXPECT_EQ(config.sequence, (SequenceConfig{.states = {{"h", "hn"}}, .max_idle = 5s, .max_sequences = 4}));
}

TEST(TritonConfig, NamesWhatItDoesNotSupport) {
  EXPECT_THAT(
      parse(R"(
input { name: "x" data_type: TYPE_FP32 dims: [ 1 ] format: FORMAT_NCHW optional: true allow_ragged_batch: true }
instance_group { count: 1 kind: KIND_GPU gpus: [ 0 ] rate_limiter { resources [ { name: "R1" count: 4 } ] } }
dynamic_batching { }
optimization { execution_accelerators { cpu_execution_accelerator: [ { name: "openvino" } ] } }
parameters { key: "KIND" value: { string_value: "x" } }
parameters { key: "ALPHA" value: { string_value: "y" } }
response_cache { enable: true }
model_warmup { name: "w" inputs { key: "x" value: { random_data: true } } }
)")
          .warnings,
      ElementsAre("input \"x\": optional is not supported",
                  "input \"x\": allow_ragged_batch is not supported", "input \"x\": format is not supported",
                  "instance_group: KIND_GPU runs on the CPU", "instance_group: rate_limiter is not supported",
                  "dynamic_batching without max_batch_size: there are no batches",
                  "model_warmup: input \"x\" is zeros, not random_data",
                  "parameters (ALPHA, KIND) is not supported", "optimization is not supported",
                  "response_cache is not supported"));
}

TEST(TritonConfig, RefusesWhatWouldChangeResults) {
  const std::pair<const char*, const char*> cases[] = {
      {"name: \"other\"", "m/config.pbtxt: the name is \"other\", the folder's \"m\""},
      {"platform: \"ensemble\"\nensemble_scheduling { step [ { model_name: \"a\" model_version: -1 } ] }",
       "m/config.pbtxt: ensembles are not supported"},
      {"input { name: \"x\" data_type: TYPE_INVALID dims: [ 1 ] }",
       "m/config.pbtxt: \"x\" is TYPE_INVALID, which no tensor here is"},
      {"input { name: \"x\" data_type: TYPE_FP32 dims: [ 1 ] reshape: { shape: [ ] } }",
       "m/config.pbtxt: \"x\" has a reshape"},
      {"input { name: \"x\" data_type: TYPE_INT32 dims: [ 1 ] is_shape_tensor: true }",
       "m/config.pbtxt: \"x\" is a shape tensor"},
      {"model_transaction_policy { decoupled: true }",
       "m/config.pbtxt: model_transaction_policy: decoupled is not supported"},
      {"batch_input [ { kind: BATCH_ELEMENT_COUNT target_name: \"x\" } ]",
       "m/config.pbtxt: batch_input and batch_output are not supported"},
      {"sequence_batching { control_input [ { name: \"START\" } ] }",
       "m/config.pbtxt: sequence_batching: control_input is not supported"},
      {"sequence_batching { }",
       "m/config.pbtxt: sequence_batching without states: a model that keeps its own state is not supported"},
      {"max_batch_size: 4 dynamic_batching { preferred_batch_size: [ 8 ] }",
       "m/config.pbtxt: preferred_batch_size 8 is not from 1 to max_batch_size 4"},
      {"default_model_filename: \"../../etc/passwd\"",
       "m/config.pbtxt: \"../../etc/passwd\" is not a file inside the model's folder"},
      {"max_batch_size: 4\nmax_batchsize: 4\n",
       "m/config.pbtxt:2: Message type \"parlance.triton.ModelConfig\" has no field named "
       "\"max_batchsize\"."},
      {"max_batch_size: many", "m/config.pbtxt:1: Expected integer, got: many"},
      {"input { data_type: TYPE_FP33 }",
       "m/config.pbtxt:1: Unknown enumeration value of \"TYPE_FP33\" for field \"data_type\"."},
      {"\n\ninput [ {\n", "m/config.pbtxt:4: Expected identifier, got: "},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const Result<ModelConfig> config = parse_triton_config(text, "m/config.pbtxt", "m");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(config.error().message(), message);
  }
}

}  // namespace
}  // namespace parlance::models
