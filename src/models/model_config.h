#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "models/signature.h"

namespace parlance::models {

/// What `raw_input` of a model may be and how it becomes the model's input.
struct RawInputConfig {
  std::vector<std::string> formats;  // the names a caller may give; the first is meant when none is given
  std::string transform;             // a name that find_transform() knows

  bool operator==(const RawInputConfig&) const = default;
};

/// Where a run is executed.
enum class RunPlace : std::uint8_t {
  kMeasured,  // on the loop when warm-up shows it to be short enough, else on a worker
  kLoop,      // on the event loop of the caller
  kWorker,    // on a worker thread
};

/// How requests are put together into one run. Sizes count rows: the first dimension of every input.
struct BatchingConfig {
  std::size_t max_batch = 1;           // rows of one run; 1: every request runs alone
  Duration max_delay{};                // how long the first request of a batch waits for others
  std::vector<std::size_t> preferred;  // ascending; a batch that reaches one is run at once
  std::optional<Duration> target_p99;  // a controller finds max_delay (and how much of max_batch to use)
  bool pad = false;                    // rows of zeros up to the next preferred size, cut off again
  bool preserve_order = false;         // answers leave in the order in which the requests came

  bool operator==(const BatchingConfig&) const = default;
};

/// Which request of a queue is run next.
enum class QueueOrder : std::uint8_t {
  kDeadline,  // priority, then the earliest deadline, in turn between clients; what cannot finish is refused
  kArrival,   // first in, first out, and everything is run: what a server without deadlines does
};

struct QueueConfig {
  std::size_t max_size = 1024;  // requests that wait; more are refused
  QueueOrder order = QueueOrder::kDeadline;
  Duration default_timeout{};  // of requests without a deadline; zero: none
  bool operator==(const QueueConfig&) const = default;
};

/// Runs of a version that may be made at the same time.
struct InstancesConfig {
  unsigned count = 0;    // 0: one a core
  unsigned threads = 1;  // of each run
  bool operator==(const InstancesConfig&) const = default;
};

/// What is run before a version is READY.
struct WarmupConfig {
  std::vector<std::size_t> batch_sizes;  // rows; empty: 1, the preferred sizes and max_batch
  /// By input: a file in the model's folder with the raw little-endian values of one row.
  std::map<std::string, std::string> input_files;

  bool operator==(const WarmupConfig&) const = default;
};

/// Which of the versions that are there are loaded, and what callers may call them.
struct VersionsConfig {
  enum class Policy : std::uint8_t { kLatest, kAll, kSpecific };
  Policy policy = Policy::kAll;
  std::size_t latest = 1;                      // of kLatest
  std::vector<std::int64_t> specific;          // of kSpecific
  std::map<std::string, std::int64_t> labels;  // "stable" → 3
  /// A label or a version's number: what a request without a version gets; empty: the highest READY one.
  std::string default_label;

  bool operator==(const VersionsConfig&) const = default;
};

/// Tensors that a model hands from one request of a sequence to the next.
struct SequenceConfig {
  struct State {
    std::string input;
    std::string output;
    bool operator==(const State&) const = default;
  };
  std::vector<State> states;  // empty: the model keeps nothing
  Duration max_idle = std::chrono::minutes{1};
  std::size_t max_sequences = 1024;
  bool operator==(const SequenceConfig&) const = default;
};

/// Of a model that makes embeddings of texts: how long the rows of tokens are that it is given.
struct EmbeddingConfig {
  std::size_t max_tokens = 512;  // of a text, with those at its borders; what is longer is cut
  /// Ascending; the last is max_tokens. A row is filled up to the next of these, so that texts of similar
  /// length share runs.
  std::vector<std::size_t> lengths = {16, 32, 64, 128, 256, 512};
  bool operator==(const EmbeddingConfig&) const = default;
};

/// Of `backend: synthetic`: what a run takes.
struct SyntheticConfig {
  Duration base{};
  Duration per_item{};  // for each row
  bool operator==(const SyntheticConfig&) const = default;
};

/// Of `backend: python`: the processes that run a model's code.
struct PythonConfig {
  std::string interpreter;                      // empty: the environment's, else python3 of PATH
  Duration timeout = std::chrono::seconds{30};  // of a run, then its process is killed
  Duration load_timeout = std::chrono::minutes{2};
  Duration slow_reader = std::chrono::seconds{30};  // reading nothing for so long ends a stream; 0: never
  std::size_t max_output_mb = 256;                  // of all outputs of a run
  bool install = false;                             // packages of requirements.txt that are missing
  std::map<std::string, std::string> parameters;    // for load(), as they are
  bool operator==(const PythonConfig&) const = default;
};

/// How a model of text is run.
struct GenerationConfig {
  std::size_t cache_mb = 256;      // memory for keys and values
  std::size_t max_running = 64;    // sequences of a step
  std::size_t max_waiting = 1024;  // sequences beside those; one more is refused
  std::size_t step_tokens = 256;   // prompt tokens of a step: how long a prompt holds up who reads along
  std::size_t window = 16;         // steps that a reader may be behind; then its sequence pauses
  std::size_t max_tokens = 256;    // of requests that name none
  std::size_t context = 0;         // tokens of prompt and answer; 0: what the model's files say, else 4096
  bool prefix_cache = true;        // prompts that begin alike are computed once
  Duration slow_reader = std::chrono::seconds{30};  // reading nothing for so long ends a sequence; 0: never
  bool operator==(const GenerationConfig&) const = default;
};

/// What `<model>/model.yaml` says; the default is what holds without that file. docs/model-repository.md has
/// every key; each may be left out.
struct ModelConfig {
  std::string backend;
  std::string file;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::string labels;
  RawInputConfig raw_input;
  RunPlace run = RunPlace::kMeasured;
  BatchingConfig batching;
  QueueConfig queue;
  InstancesConfig instances;
  WarmupConfig warmup;
  VersionsConfig versions;
  SequenceConfig sequence;
  EmbeddingConfig embedding;
  SyntheticConfig synthetic;
  PythonConfig python;
  std::optional<GenerationConfig> generation;  // nothing: not said, and so only right for what makes no text
  std::uint32_t priority = 0;  // of requests that name none: 1 is the highest; 0 counts as below all others
  std::vector<std::string> warnings;  // what another server's file asks for and is not done, by name

  bool operator==(const ModelConfig&) const = default;
};

/// What a caller has changed of what a model's files say. A status other than OK refuses the load.
using ConfigChange = std::function<Status(ModelConfig& config)>;

/// Reads `file`, which errors call `name`. FAILED_PRECONDITION "<name>:<line>: …" for a file that is not
/// YAML, an unknown key (named, with the keys that exist), a key given twice or a value of the wrong kind.
Result<ModelConfig> read_model_config(const std::filesystem::path& file, const std::string& name);

/// The same of text.
Result<ModelConfig> parse_model_config(const std::string& text, const std::string& name);

}  // namespace parlance::models
