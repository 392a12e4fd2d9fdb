#include "dialects/management/model_messages.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>
#include <vector>

namespace parlance::dialects::management {
namespace {

using google::protobuf::RepeatedPtrField;

void add_specs(const std::vector<models::TensorSpec>& specs, RepeatedPtrField<messages::TensorSpec>& out) {
  for (const models::TensorSpec& spec : specs) {
    messages::TensorSpec& message = *out.Add();
    message.set_name(spec.name);
    message.set_data_type(std::string{models::to_string(spec.type)});
    message.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
  }
}

messages::Batching batching_message(const models::BatchingConfig& config) {
  messages::Batching message;
  message.set_max_batch(config.max_batch);
  *message.mutable_max_delay() = to_message(config.max_delay);
  message.mutable_preferred()->Add(config.preferred.begin(), config.preferred.end());
  if (config.target_p99) *message.mutable_target_p99() = to_message(*config.target_p99);
  return message;
}

}  // namespace

messages::ModelState to_message(models::VersionState state) {
  switch (state) {
    case models::VersionState::kLoading:
      return messages::LOADING;
    case models::VersionState::kWarming:
      return messages::WARMING;
    case models::VersionState::kReady:
      return messages::READY;
    case models::VersionState::kDraining:
      return messages::DRAINING;
    case models::VersionState::kUnloaded:
      return messages::UNLOADED;
    case models::VersionState::kFailed:
      return messages::FAILED;
  }
  return messages::MODEL_STATE_UNSPECIFIED;
}

messages::ModelEvent::Change to_message(const models::VersionStatus& status) {
  messages::ModelEvent::Change message;
  message.set_model(status.model);
  message.set_version(status.version);
  message.set_state(to_message(status.state));
  message.set_reason(status.reason);
  return message;
}

google::protobuf::Duration to_message(Duration duration) {
  google::protobuf::Duration message;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  message.set_seconds(seconds.count());
  message.set_nanos(static_cast<std::int32_t>((duration - seconds) / std::chrono::nanoseconds{1}));
  return message;
}

google::protobuf::Timestamp to_message(std::chrono::system_clock::time_point time) {
  google::protobuf::Timestamp message;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  message.set_seconds(seconds.time_since_epoch().count());
  message.set_nanos(static_cast<std::int32_t>((time - seconds) / std::chrono::nanoseconds{1}));
  return message;
}

messages::ListModelsResponse ModelDescriber::list(const RepeatedPtrField<std::string>& models) const {
  messages::ListModelsResponse response;
  std::string last;
  for (const models::VersionStatus& status : repository_.versions()) {
    if (status.model == last || (!models.empty() && std::ranges::find(models, status.model) == models.end()))
      continue;
    last = status.model;
    if (Result<messages::Model> model = describe(status.model, 0)) {
      *response.add_models() = *std::move(model);
    }
  }
  response.set_ready(repository_.ready());
  return response;
}

Result<messages::Model> ModelDescriber::describe(std::string_view model, std::int64_t version) const {
  messages::Model message;
  bool known = false;
  for (const models::VersionStatus& status : repository_.versions()) {
    if (status.model != model) continue;
    if (status.version == 0) {
      known |= version == 0;
      message.set_reason(status.reason);
    } else if (version == 0 || version == status.version) {
      known = true;
      *message.add_versions() = describe(status);
    }
  }
  const auto chosen = repository_.find(model, version);
  if (!known && !chosen) return std::unexpected{chosen.error()};
  message.set_name(std::string{model});
  message.set_ready(repository_.ready(model));
  const std::vector<std::string> required = repository_.required();
  message.set_required(std::ranges::find(required, model) != required.end());
  if (chosen && version == 0) message.set_default_version(chosen->version());
  return message;
}

messages::ModelVersion ModelDescriber::describe(const models::VersionStatus& status) const {
  messages::ModelVersion message;
  message.set_version(status.version);
  message.set_state(to_message(status.state));
  message.set_reason(status.reason);
  const auto handle = repository_.find(status.model, status.version);
  if (!handle) return message;
  message.set_backend(handle->backend());
  add_specs(handle->signature().inputs, *message.mutable_inputs());
  add_specs(handle->signature().outputs, *message.mutable_outputs());
  message.mutable_instances()->set_threads(handle->config().instances.threads);
  message.mutable_instances()->set_count(handle->config().instances.count);
  *message.mutable_batching() = batching_message(handle->config().batching);
  *message.mutable_typical_run() = to_message(handle->typical_run());
  return message;
}

}  // namespace parlance::dialects::management
