#include "dialects/kserve/model_config_message.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "models/triton_config.h"

namespace parlance::dialects::kserve {
namespace {

using models::DataType;

::inference::DataType to_message(DataType type) {
  // In the order of models::DataType.
  static constexpr std::array kTypes{
      ::inference::TYPE_BOOL,   ::inference::TYPE_UINT8, ::inference::TYPE_UINT16, ::inference::TYPE_UINT32,
      ::inference::TYPE_UINT64, ::inference::TYPE_INT8,  ::inference::TYPE_INT16,  ::inference::TYPE_INT32,
      ::inference::TYPE_INT64,  ::inference::TYPE_FP16,  ::inference::TYPE_BF16,   ::inference::TYPE_FP32,
      ::inference::TYPE_FP64,   ::inference::TYPE_STRING};
  return kTypes[static_cast<std::size_t>(type)];
}

std::uint64_t microseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(duration).count());
}

bool takes_batches(const models::ModelHandle& model) {
  const auto has_rows = [](const models::TensorSpec& spec) {
    return !spec.shape.empty() && spec.shape.front() == models::kAnyDimension;
  };
  return !model.makes_text() && std::ranges::all_of(model.signature().inputs, has_rows) &&
         std::ranges::all_of(model.signature().outputs, has_rows);
}

template <typename Message>
void set_tensor(const models::TensorSpec& spec, bool by_row, Message& message) {
  message.set_name(spec.name);
  message.set_data_type(to_message(spec.type));
  const std::span<const std::int64_t> dims{spec.shape};
  for (const std::int64_t dimension : by_row ? dims.subspan(1) : dims) message.add_dims(dimension);
}

void set_version_policy(const models::VersionsConfig& versions, ::inference::ModelVersionPolicy& message) {
  switch (versions.policy) {
    case models::VersionsConfig::Policy::kAll:
      message.mutable_all();
      break;
    case models::VersionsConfig::Policy::kLatest:
      message.mutable_latest()->set_num_versions(static_cast<std::uint32_t>(versions.latest));
      break;
    case models::VersionsConfig::Policy::kSpecific:
      message.mutable_specific()->mutable_versions()->Add(versions.specific.begin(), versions.specific.end());
      break;
  }
}

void set_dynamic_batching(const models::ModelConfig& config, ::inference::ModelDynamicBatching& message) {
  for (const std::size_t size : config.batching.preferred)
    message.add_preferred_batch_size(static_cast<std::int32_t>(size));
  message.set_max_queue_delay_microseconds(microseconds(config.batching.max_delay));
  message.set_preserve_ordering(config.batching.preserve_order);
  message.set_default_priority_level(config.priority);
  ::inference::ModelQueuePolicy& queue = *message.mutable_default_queue_policy();
  queue.set_default_timeout_microseconds(microseconds(config.queue.default_timeout));
  queue.set_allow_timeout_override(true);
  queue.set_max_queue_size(static_cast<std::uint32_t>(config.queue.max_size));
}

void set_sequence_batching(const models::SequenceConfig& config,
                           ::inference::ModelSequenceBatching& message) {
  message.set_max_sequence_idle_microseconds(microseconds(config.max_idle));
  message.mutable_oldest()->set_max_candidate_sequences(static_cast<std::int32_t>(config.max_sequences));
  for (const models::SequenceConfig::State& state : config.states) {
    ::inference::ModelSequenceBatching::State& each = *message.add_state();
    each.set_input_name(state.input);
    each.set_output_name(state.output);
  }
}

}  // namespace

::inference::ModelConfig to_message(const models::ModelHandle& model) {
  const models::ModelConfig& config = model.config();
  const bool by_row = takes_batches(model);
  ::inference::ModelConfig message;
  message.set_name(model.model());
  message.set_platform(model.backend());
  message.set_backend(model.backend());
  message.set_max_batch_size(by_row ? static_cast<std::int32_t>(config.batching.max_batch) : 0);
  set_version_policy(config.versions, *message.mutable_version_policy());
  for (const models::TensorSpec& spec : model.signature().inputs)
    set_tensor(spec, by_row, *message.add_input());
  for (const models::TensorSpec& spec : model.signature().outputs)
    set_tensor(spec, by_row, *message.add_output());
  if (!config.labels.empty() && message.output_size() > 0)
    message.mutable_output(0)->set_label_filename(config.labels);
  ::inference::ModelInstanceGroup& instances = *message.add_instance_group();
  instances.set_name(model.model());
  instances.set_kind(::inference::ModelInstanceGroup::KIND_CPU);
  instances.set_count(static_cast<std::int32_t>(model.instances()));
  message.set_default_model_filename(config.file);
  if (!config.sequence.states.empty())
    set_sequence_batching(config.sequence, *message.mutable_sequence_batching());
  else if (by_row && config.batching.max_batch > 1)
    set_dynamic_batching(config, *message.mutable_dynamic_batching());
  message.mutable_model_transaction_policy()->set_decoupled(model.makes_text() || model.engine().streams());
  return message;
}

Result<models::ModelConfig> read_config_override(const std::string& json, const std::string& model) {
  ::inference::ModelConfig message;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &message);
  if (!parsed.ok())
    return invalid(concat("Invalid config override: ",
                          std::string_view{parsed.message().data(), parsed.message().size()}));
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  Result<models::ModelConfig> config = models::parse_triton_config(text, "config", model);
  if (!config) return invalid(concat("Invalid config override: ", config.error().message()));
  return config;
}

}  // namespace parlance::dialects::kserve
