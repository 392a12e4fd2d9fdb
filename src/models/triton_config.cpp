#include "models/triton_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "models/config/file_name.h"
#include "models/config/text_proto.h"
#include "triton/model_config.pb.h"

namespace parlance::models {
namespace {

/// What would change results, or cannot be a valid file; carried to parse_triton_config().
struct Unsupported {
  std::string what;
};

/// Triton's engines whose files ours reads.
constexpr std::array<std::string_view, 8> kReadByFile{
    "onnxruntime",         "onnxruntime_onnx", "openvino_model", "tensorflow",
    "tensorflow_graphdef", "tflite",           "armnn_tflite",   "paddle"};

DataType data_type(triton::DataType type, const std::string& tensor) {
  // In the order of triton::DataType.
  static constexpr std::array kTypes{DataType::kBool,   DataType::kUint8,  DataType::kUint16,
                                     DataType::kUint32, DataType::kUint64, DataType::kInt8,
                                     DataType::kInt16,  DataType::kInt32,  DataType::kInt64,
                                     DataType::kFp16,   DataType::kFp32,   DataType::kFp64};
  if (type == triton::TYPE_BF16) return DataType::kBf16;
  if (type == triton::TYPE_STRING) return DataType::kBytes;
  if (type < triton::TYPE_BOOL || type > triton::TYPE_FP64)
    throw Unsupported{
        fmt::format("\"{}\" is {}, which no tensor here is", tensor, triton::DataType_Name(type))};
  return kTypes[static_cast<std::size_t>(type) - 1];
}

std::string inside(const std::string& file) {
  if (!config::stays_inside(file))
    throw Unsupported{fmt::format("\"{}\" is not a file inside the model's folder", file)};
  return file;
}

/// Reads one file; the members are what its parts share.
class Reader {
 public:
  Reader(const triton::ModelConfig& from, const std::string& model) : from_(from), model_(model) {}

  ModelConfig read() {
    if (!from_.name().empty() && from_.name() != model_)
      throw Unsupported{fmt::format("the name is \"{}\", the folder's \"{}\"", from_.name(), model_)};
    read_backend();
    read_versions();
    for (const auto& input : from_.input()) read_input(input);
    for (const auto& output : from_.output()) read_output(output);
    read_instances();
    read_scheduling();
    read_warmup();
    note_the_rest();
    return std::move(to_);
  }

 private:
  void warn(std::string what) { to_.warnings.push_back(std::move(what)); }
  void warn_if(bool given, std::string_view what) {
    if (given) warn(fmt::format("{} is not supported", what));
  }

  void read_backend() {
    const std::string& backend = from_.backend().empty() ? from_.platform() : from_.backend();
    if (std::ranges::find(kReadByFile, backend) == kReadByFile.end()) {
      to_.backend = backend;
    } else {
      warn(fmt::format("backend \"{}\" is not here: the engine is chosen by the model file", backend));
    }
    to_.file = inside(from_.default_model_filename());
  }

  void read_versions() {
    const triton::ModelVersionPolicy& policy = from_.version_policy();
    to_.versions.policy = VersionsConfig::Policy::kLatest;
    if (policy.has_all()) to_.versions.policy = VersionsConfig::Policy::kAll;
    if (policy.has_latest()) to_.versions.latest = std::max(policy.latest().num_versions(), 1U);
    if (policy.has_specific()) {
      to_.versions.policy = VersionsConfig::Policy::kSpecific;
      to_.versions.specific.assign(policy.specific().versions().begin(), policy.specific().versions().end());
    }
  }

  /// Triton's dims leave the rows out when the model takes batches.
  template <typename Tensor>
  TensorSpec spec_of(const Tensor& tensor) {
    if (tensor.has_reshape()) throw Unsupported{fmt::format("\"{}\" has a reshape", tensor.name())};
    if (tensor.is_shape_tensor()) throw Unsupported{fmt::format("\"{}\" is a shape tensor", tensor.name())};
    if (tensor.is_non_linear_format_io())
      throw Unsupported{fmt::format("\"{}\" has a non-linear format", tensor.name())};
    TensorSpec spec{tensor.name(), data_type(tensor.data_type(), tensor.name()), {}};
    if (from_.max_batch_size() > 0) spec.shape.push_back(kAnyDimension);
    spec.shape.insert(spec.shape.end(), tensor.dims().begin(), tensor.dims().end());
    return spec;
  }

  void read_input(const triton::ModelInput& input) {
    to_.inputs.push_back(spec_of(input));
    warn_if(input.optional(), fmt::format("input \"{}\": optional", input.name()));
    warn_if(input.allow_ragged_batch(), fmt::format("input \"{}\": allow_ragged_batch", input.name()));
    warn_if(input.format() != triton::ModelInput::FORMAT_NONE,
            fmt::format("input \"{}\": format", input.name()));
  }

  void read_output(const triton::ModelOutput& output) {
    to_.outputs.push_back(spec_of(output));
    if (output.label_filename().empty()) return;
    if (to_.outputs.size() == 1)
      to_.labels = inside(output.label_filename());
    else
      warn_if(true, fmt::format("output \"{}\": label_filename, but of the first output,", output.name()));
  }

  void read_instances() {
    for (const triton::ModelInstanceGroup& group : from_.instance_group()) {
      to_.instances.count += static_cast<unsigned>(std::max(group.count(), 1));
      if (group.kind() == triton::ModelInstanceGroup::KIND_GPU || !group.gpus().empty())
        warn("instance_group: KIND_GPU runs on the CPU");
      warn_if(group.has_rate_limiter(), "instance_group: rate_limiter");
      warn_if(!group.profile().empty(), "instance_group: profile");
      warn_if(!group.secondary_devices().empty(), "instance_group: secondary_devices");
      warn_if(!group.host_policy().empty(), "instance_group: host_policy");
      warn_if(group.passive(), "instance_group: passive");
    }
  }

  void read_scheduling() {
    if (from_.has_ensemble_scheduling() || from_.platform() == "ensemble")
      throw Unsupported{"ensembles are not supported"};
    if (from_.model_transaction_policy().decoupled())
      throw Unsupported{"model_transaction_policy: decoupled is not supported"};
    if (!from_.batch_input().empty() || !from_.batch_output().empty())
      throw Unsupported{"batch_input and batch_output are not supported"};
    if (from_.has_dynamic_batching()) read_dynamic_batching(from_.dynamic_batching());
    if (from_.has_sequence_batching()) read_sequence_batching(from_.sequence_batching());
  }

  void read_dynamic_batching(const triton::ModelDynamicBatching& batching) {
    if (from_.max_batch_size() <= 0)
      return warn("dynamic_batching without max_batch_size: there are no batches");
    read_batch(batching);
    to_.priority = static_cast<std::uint32_t>(batching.default_priority_level());
    const triton::ModelQueuePolicy& queue = batching.default_queue_policy();
    if (queue.max_queue_size() > 0) to_.queue.max_size = queue.max_queue_size();
    to_.queue.default_timeout = std::chrono::microseconds{queue.default_timeout_microseconds()};
    warn_if(queue.timeout_action() == triton::ModelQueuePolicy::DELAY,
            "default_queue_policy: timeout_action DELAY");
    warn_if(!batching.priority_queue_policy().empty(), "priority_queue_policy");
  }

  template <typename Batching>
  void read_batch(const Batching& batching) {
    to_.batching.max_batch = static_cast<std::size_t>(from_.max_batch_size());
    to_.batching.max_delay = std::chrono::microseconds{batching.max_queue_delay_microseconds()};
    to_.batching.preserve_order = batching.preserve_ordering();
    for (const int size : batching.preferred_batch_size()) {
      if (size <= 0 || size > from_.max_batch_size())
        throw Unsupported{fmt::format("preferred_batch_size {} is not from 1 to max_batch_size {}", size,
                                      from_.max_batch_size())};
      to_.batching.preferred.push_back(static_cast<std::size_t>(size));
    }
    std::ranges::sort(to_.batching.preferred);
  }

  void read_sequence_batching(const triton::ModelSequenceBatching& sequence) {
    if (!sequence.control_input().empty())
      throw Unsupported{"sequence_batching: control_input is not supported"};
    if (sequence.iterative_sequence())
      throw Unsupported{"sequence_batching: iterative_sequence is not supported"};
    if (sequence.state().empty())
      throw Unsupported{
          "sequence_batching without states: a model that keeps its own state is not supported"};
    for (const auto& state : sequence.state()) {
      for (const auto& initial : state.initial_state())
        if (initial.has_data_file()) throw Unsupported{"sequence_batching: data_file is not supported"};
      to_.sequence.states.push_back({state.input_name(), state.output_name()});
    }
    if (sequence.max_sequence_idle_microseconds() > 0)
      to_.sequence.max_idle = std::chrono::microseconds{sequence.max_sequence_idle_microseconds()};
    if (sequence.oldest().max_candidate_sequences() > 0)
      to_.sequence.max_sequences = static_cast<std::size_t>(sequence.oldest().max_candidate_sequences());
  }

  void read_warmup() {
    for (const triton::ModelWarmup& warmup : from_.model_warmup()) {
      const std::size_t rows = std::max(warmup.batch_size(), 1U);
      if (std::ranges::find(to_.warmup.batch_sizes, rows) == to_.warmup.batch_sizes.end())
        to_.warmup.batch_sizes.push_back(rows);
      for (const triton::ModelWarmup::InputsEntry& entry : warmup.inputs()) {
        const std::string& input = entry.key();
        const triton::ModelWarmup::Input& data = entry.value();
        if (data.has_input_data_file())
          to_.warmup.input_files[input] = "warmup/" + inside(data.input_data_file());
        if (data.random_data())
          warn(fmt::format("model_warmup: input \"{}\" is zeros, not random_data", input));
      }
    }
    std::ranges::sort(to_.warmup.batch_sizes);
  }

  void note_the_rest() {
    std::vector<std::string> parameters;
    for (const auto& parameter : from_.parameters()) parameters.push_back(parameter.key());
    std::ranges::sort(parameters);
    if (!parameters.empty()) warn_if(true, fmt::format("parameters ({})", fmt::join(parameters, ", ")));
    warn_if(from_.has_optimization(), "optimization");
    warn_if(from_.has_model_operations(), "model_operations");
    warn_if(from_.has_model_repository_agents(), "model_repository_agents");
    warn_if(from_.has_response_cache(), "response_cache");
    warn_if(from_.has_model_metrics(), "model_metrics");
    warn_if(!from_.runtime().empty(), "runtime");
    warn_if(!from_.cc_model_filenames().empty(), "cc_model_filenames");
    warn_if(!from_.metric_tags().empty(), "metric_tags");
  }

  const triton::ModelConfig& from_;
  const std::string& model_;
  ModelConfig to_;
};

}  // namespace

Result<ModelConfig> parse_triton_config(const std::string& text, const std::string& name,
                                        const std::string& model) try {
  triton::ModelConfig file;
  if (Status status = config::read_text_proto(text, name, file); !status.ok())
    return std::unexpected{std::move(status)};
  return Reader{file, model}.read();
} catch (const Unsupported& unsupported) {
  return std::unexpected{
      Status{StatusCode::kFailedPrecondition, fmt::format("{}: {}", name, unsupported.what)}};
}

}  // namespace parlance::models
