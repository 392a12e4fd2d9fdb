#include "models/model_config.h"

#include <gtest/gtest.h>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using namespace std::chrono_literals;

ModelConfig parse(const std::string& text) {
  const Result<ModelConfig> config = parse_model_config(text, "m/model.yaml");
  EXPECT_TRUE(config) << config.error().to_string();
  return config ? *config : ModelConfig{};
}

TEST(ModelConfig, SaysHowTextIsMade) {
  const ModelConfig config = parse(R"(
generation: {cache_mb: 32, max_running: 8, max_waiting: 0, step_tokens: 64, window: 4, max_tokens: 20,
             context: 512, prefix_cache: false, slow_reader: 2s}
)");
  EXPECT_EQ(config.generation, (GenerationConfig{.cache_mb = 32,
                                                 .max_running = 8,
                                                 .max_waiting = 0,
                                                 .step_tokens = 64,
                                                 .window = 4,
                                                 .max_tokens = 20,
                                                 .context = 512,
                                                 .prefix_cache = false,
                                                 .slow_reader = 2s}));
  EXPECT_EQ(parse("backend: openvino").generation, std::nullopt);
  EXPECT_EQ(parse("generation: {}").generation, GenerationConfig{});
  const auto error = [](const std::string& text) {
    return std::string{parse_model_config(text, "m/model.yaml").error().message()};
  };
  EXPECT_EQ(error("generation: {cache_mb: 0}"),
            "m/model.yaml:1: \"cache_mb\" must be a whole number from 1 to 1048576");
  EXPECT_EQ(error("generation:\n  pages: 3"),
            "m/model.yaml:2: unknown key \"pages\" in \"generation\" (known: cache_mb, max_running, "
            "max_waiting, step_tokens, window, max_tokens, context, prefix_cache, slow_reader)");
}

TEST(ModelConfig, ReadsEveryKey) {
  const ModelConfig config = parse(R"(
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
batching: {max_batch: 16, max_delay_ms: 2.5, target_p99_ms: 50, preferred: [8, 4], pad: true, preserve_order: true}
queue: {max_size: 10, order: arrival, default_timeout_ms: 100}
priority: 2
instances: {count: 3, threads: 2}
warmup: {batch_sizes: [8, 1], inputs: {x: sample.bin}}
versions: {policy: latest, count: 2, labels: {stable: 3, canary: 4}, default: stable}
sequence: {states: [{input: h, output: hn}], max_idle_ms: 500, max_sequences: 7}
embedding: {max_tokens: 100, lengths: [64, 16, 128]}
synthetic: {base_ms: 8, per_item_ms: 0.5}
)");
  EXPECT_EQ(config.backend, "openvino");
  EXPECT_EQ(config.file, "net.onnx");
  EXPECT_EQ(config.inputs,
            (std::vector<TensorSpec>{{"x", DataType::kFp32, {-1, 4}}, {"y", DataType::kInt64, {}}}));
  EXPECT_EQ(config.outputs, (std::vector<TensorSpec>{{"z", DataType::kFp64, {2}}}));
  EXPECT_EQ(config.labels, "names.txt");
  EXPECT_EQ(config.raw_input, (RawInputConfig{{"jpeg", "png"}, "picture"}));
  EXPECT_EQ(config.run, RunPlace::kWorker);
  EXPECT_EQ(config.batching, (BatchingConfig{.max_batch = 16,
                                             .max_delay = 2500us,
                                             .preferred = {4, 8},
                                             .target_p99 = 50ms,
                                             .pad = true,
                                             .preserve_order = true}));
  EXPECT_EQ(config.queue,
            (QueueConfig{.max_size = 10, .order = QueueOrder::kArrival, .default_timeout = 100ms}));
  EXPECT_EQ(config.priority, 2U);
  EXPECT_EQ(config.instances, (InstancesConfig{.count = 3, .threads = 2}));
  EXPECT_EQ(config.warmup, (WarmupConfig{.batch_sizes = {1, 8}, .input_files = {{"x", "sample.bin"}}}));
  EXPECT_EQ(config.versions, (VersionsConfig{.policy = VersionsConfig::Policy::kLatest,
                                             .latest = 2,
                                             .labels = {{"canary", 4}, {"stable", 3}},
                                             .default_label = "stable"}));
  EXPECT_EQ(config.sequence,
            (SequenceConfig{.states = {{"h", "hn"}}, .max_idle = 500ms, .max_sequences = 7}));
  EXPECT_EQ(config.embedding, (EmbeddingConfig{.max_tokens = 100, .lengths = {16, 64, 100}}));
  EXPECT_EQ(config.synthetic, (SyntheticConfig{.base = 8ms, .per_item = 500us}));
}

TEST(ModelConfig, TakesTritonsNamesForBatching) {
  EXPECT_EQ(
      parse("batching: {max_batch_size: 8, max_queue_delay_microseconds: 100, preferred_batch_size: [4], "
            "preserve_ordering: true}\n")
          .batching,
      (BatchingConfig{.max_batch = 8, .max_delay = 100us, .preferred = {4}, .preserve_order = true}));
}

TEST(ModelConfig, ATargetIsEnoughForBatching) {
  const BatchingConfig at_top = parse("target_p99: 50ms\n").batching;
  EXPECT_EQ(at_top.target_p99, 50ms);
  EXPECT_GT(at_top.max_batch, 1U);
  EXPECT_EQ(parse("batching: {target_p99: 0.05s}\n").batching, at_top);
  EXPECT_EQ(parse("batching: {target_p99_ms: 50}\n").batching, at_top);
}

TEST(ModelConfig, ReadsWhatMayBeSaidShorter) {
  EXPECT_EQ(parse("instances: 4\n").instances, (InstancesConfig{.count = 4, .threads = 1}));
  EXPECT_EQ(parse("versions: latest\n").versions.policy, VersionsConfig::Policy::kLatest);
  EXPECT_EQ(parse("versions: latest\n").versions.latest, 1U);
  const VersionsConfig specific =
      parse("versions: {policy: specific, numbers: [3, 1], default: 1}\n").versions;
  EXPECT_EQ(specific.specific, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(specific.default_label, "1");
}

TEST(ModelConfig, AMapOfLabelsNamesVersions) {
  const VersionsConfig versions = parse("versions: {default: stable}\nlabels: {stable: 3}\n").versions;
  EXPECT_EQ(versions.labels, (std::map<std::string, std::int64_t>{{"stable", 3}}));
  EXPECT_EQ(versions.default_label, "stable");
}

TEST(ModelConfig, MayBeEmpty) {
  for (const char* text : {"", "# nothing\n", "{}"}) {
    const Result<ModelConfig> config = parse_model_config(text, "m/model.yaml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->run, RunPlace::kMeasured);
    EXPECT_TRUE(config->inputs.empty());
  }
}

TEST(ModelConfig, SaysHowAPythonModelIsRun) {
  const ModelConfig config = parse(R"(
python: {interpreter: python3.12, timeout: 5s, load_timeout: 1m, slow_reader: 0s, max_output_mb: 8,
         install: true, parameters: {factor: 2, name: x}}
)");
  EXPECT_EQ(config.python, (PythonConfig{.interpreter = "python3.12",
                                         .timeout = 5s,
                                         .load_timeout = 1min,
                                         .slow_reader = 0s,
                                         .max_output_mb = 8,
                                         .install = true,
                                         .parameters = {{"factor", "2"}, {"name", "x"}}}));
}

TEST(ModelConfig, NamesFileLineAndKeyOfAnError) {
  const std::pair<const char*, const char*> cases[] = {
      {"backend: openvino\nlables: x.txt\n",
       "m/model.yaml:2: unknown key \"lables\" in a model's configuration (known: backend, file, inputs, "
       "outputs, "
       "labels, raw_input, run, batching, target_p99, queue, priority, instances, warmup, versions, "
       "sequence, "
       "embedding, synthetic, python, generation)"},
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
      {"raw_input: {formats: jpeg, transform: x}\n", "m/model.yaml:1: \"formats\" must be a list of names"},
      {"[a]: b\n", "m/model.yaml:1: a key of a model's configuration must be a text"},
      {"run: loop\nbatching: 8\n", "m/model.yaml:2: \"batching\" must be a mapping"},
      {"batching: {max_batch: 0}\n", "m/model.yaml:1: \"max_batch\" must be a whole number from 1 to 65536"},
      {"batching: {max_batch: many}\n",
       "m/model.yaml:1: \"max_batch\" must be a whole number from 1 to 65536"},
      {"batching:\n  max_batch: 4\n  max_batch_size: 4\n", "m/model.yaml:3: \"max_batch\" is given twice"},
      {"batching:\n  max_batch: 4\n  max_delay_ms: 1\n  max_queue_delay_microseconds: 1\n",
       "m/model.yaml:4: \"max_delay_ms\" is given twice"},
      {"batching:\n  target_p99: 5ms\n  target_p99_ms: 5\n", "m/model.yaml:3: \"target_p99\" is given twice"},
      {"batching: {max_batch: 4, max_delay_ms: -1}\n",
       "m/model.yaml:1: \"max_delay_ms\" must be a number of milliseconds, of at most a day"},
      {"batching: {max_batch: 4, max_delay_ms: 1e300}\n",
       "m/model.yaml:1: \"max_delay_ms\" must be a number of milliseconds, of at most a day"},
      {"batching: {max_delay_ms: 5}\n", "m/model.yaml:1: \"batching\" needs max_batch or target_p99"},
      {"batching: {max_batch: 4, preferred: [8]}\n",
       "m/model.yaml:1: \"preferred\" has 8, which is more than max_batch 4"},
      {"batching: {max_batch: 4, preferred: [2, 2]}\n", "m/model.yaml:1: \"preferred\" has 2 twice"},
      {"batching: {max_batch: 4, preferred: []}\n",
       "m/model.yaml:1: \"preferred\" must be a list of whole numbers"},
      {"batching: {max_batch: 4, pad: true}\n",
       "m/model.yaml:1: \"pad\" fills up to a preferred size: it needs preferred"},
      {"batching: {max_batch: 4, preferred: [4], pad: perhaps}\n",
       "m/model.yaml:1: \"pad\" must be true or false"},
      {"target_p99: 50\n",
       "m/model.yaml:1: \"target_p99\" must be a duration with its unit (us, ms, s or m), as in 50ms"},
      {"target_p99: 0ms\n", "m/model.yaml:1: \"target_p99\" must be more than 0"},
      {"batching: {target_p99_ms: 0}\n", "m/model.yaml:1: \"target_p99_ms\" must be more than 0"},
      {"target_p99: 50ms\nbatching: {max_batch: 4}\n",
       "m/model.yaml:1: \"target_p99\" goes into \"batching\" when there is one"},
      {"queue: {order: random}\n", "m/model.yaml:1: \"order\" must be deadline or arrival, got \"random\""},
      {"queue: {max_size: 0}\n", "m/model.yaml:1: \"max_size\" must be a whole number from 1 to 1000000"},
      {"queue: {default_timeout_ms: 0}\n", "m/model.yaml:1: \"default_timeout_ms\" must be more than 0"},
      {"priority: 0\n", "m/model.yaml:1: \"priority\" must be a whole number from 1 to 4294967295"},
      {"instances: 0\n", "m/model.yaml:1: \"instances\" must be a whole number from 1 to 1024"},
      {"instances: {threads: 2000}\n", "m/model.yaml:1: \"threads\" must be a whole number from 1 to 1024"},
      {"instances: {number: 2}\n",
       "m/model.yaml:1: unknown key \"number\" in \"instances\" (known: count, threads)"},
      {"warmup: {inputs: {x: /etc/passwd}}\n",
       "m/model.yaml:1: \"x\" must be a file inside the model's folder, got \"/etc/passwd\""},
      {"warmup: {inputs: x}\n", "m/model.yaml:1: \"inputs\" of \"warmup\" must map inputs to files"},
      {"warmup: {inputs: {x: a, x: b}}\n", "m/model.yaml:1: \"x\" is given twice"},
      {"warmup: {batch_sizes: [1, 0]}\n",
       "m/model.yaml:1: \"batch_sizes\" must be a whole number from 1 to 65536"},
      {"versions: newest\n", "m/model.yaml:1: \"policy\" must be all, latest or specific, got \"newest\""},
      {"versions: specific\n", "m/model.yaml:1: the policy specific needs numbers"},
      {"versions: {policy: specific}\n",
       "m/model.yaml:1: \"numbers\" and the policy specific need each other"},
      {"versions: {numbers: [1]}\n", "m/model.yaml:1: \"numbers\" and the policy specific need each other"},
      {"versions: {policy: all, count: 2}\n", "m/model.yaml:1: \"count\" belongs to the policy latest"},
      {"versions: {default: stable}\n",
       "m/model.yaml:1: \"default\" is \"stable\", which is neither a label nor a version's number"},
      {"versions: {labels: {7: 3}}\n", "m/model.yaml:1: \"7\" cannot be a label: it is a version's number"},
      {"versions: {labels: {stable: x}}\n",
       "m/model.yaml:1: \"stable\" must be a whole number from 1 to 9223372036854775807"},
      {"versions: {labels: {a: 1, a: 2}}\n", "m/model.yaml:1: \"a\" is given twice"},
      {"versions: {labels: {a: 1}}\nlabels: {b: 1}\n",
       "m/model.yaml:2: the labels of versions are given twice"},
      {"sequence: {max_idle_ms: 5}\n", "m/model.yaml:1: \"sequence\" needs states"},
      {"sequence: {states: [{input: a}]}\n", "m/model.yaml:1: an item of \"states\" needs input and output"},
      {"sequence: {states: [{input: a, output: b}, {input: a, output: c}]}\n",
       "m/model.yaml:1: \"states\" names the input \"a\" twice"},
      {"synthetic: {base: 8}\n",
       "m/model.yaml:1: unknown key \"base\" in \"synthetic\" (known: base_ms, per_item_ms)"},
      {"synthetic: {base_ms: soon}\n",
       "m/model.yaml:1: \"base_ms\" must be a number of milliseconds, of at most a day"},
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
