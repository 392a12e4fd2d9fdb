#include "dialects/management/model_messages.h"

#include <algorithm>
#include <functional>
#include <iterator>
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

google::protobuf::Duration mean_of(const scheduling::DurationSum& sum) {
  const std::uint64_t mean_ns = sum.count == 0 ? 0 : sum.ns / sum.count;
  return to_message(std::chrono::nanoseconds{mean_ns});
}

messages::VersionCounters counters_message(const scheduling::VersionStatistics& counted) {
  messages::VersionCounters message;
  message.set_queue_length(counted.waiting);
  auto& requests = *message.mutable_requests();
  requests["ok"] = counted.success.count;
  requests["failed"] = counted.fail.count;
  requests["cancelled"] = counted.cancelled.count;
  requests["expired"] = counted.expired.count;
  requests["refused"] = counted.refused.count;
  message.set_batches(counted.execution_count);
  message.set_rows(counted.inference_count);
  auto& saved = *message.mutable_saved_work();
  saved["cancelled"] = counted.saved.cancelled;
  saved["expired"] = counted.saved.expired;
  saved["refused"] = counted.saved.refused;
  message.set_dead_work(counted.dead_work);
  message.set_late_work(counted.late_work);
  message.set_copied_bytes(counted.copied_bytes);
  *message.mutable_mean_queue_time() = mean_of(counted.queue);
  *message.mutable_mean_compute_time() = mean_of(counted.compute_infer);
  return message;
}

messages::Batch batch_message(const models::VersionStatus& version, const scheduling::BatchRecord& record) {
  messages::Batch message;
  message.set_model(version.model);
  message.set_version(version.version);
  *message.mutable_at() = to_message(record.began);
  message.set_requests(static_cast<std::uint32_t>(record.requests));
  message.set_rows(static_cast<std::uint32_t>(record.rows));
  message.set_padded_rows(static_cast<std::uint32_t>(record.padded_rows));
  message.set_closed_by(std::string{scheduling::to_string(record.reason)});
  *message.mutable_waited() = to_message(record.waited);
  *message.mutable_computed() = to_message(record.computed);
  message.set_queue_left(static_cast<std::uint32_t>(record.queue_left));
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

messages::Reload to_message(const models::Reload& reload) {
  messages::Reload message;
  message.set_reason(reload.reason);
  switch (reload.state) {
    case models::Reload::State::kNone:
      break;
    case models::Reload::State::kLoading:
      message.set_state(messages::Reload::LOADING);
      break;
    case models::Reload::State::kWarming:
      message.set_state(messages::Reload::WARMING);
      break;
    case models::Reload::State::kFailed:
      message.set_state(messages::Reload::FAILED);
      break;
  }
  return message;
}

messages::MemoryReceipt to_message(const models::MemoryReceipt& receipt) {
  messages::MemoryReceipt message;
  message.set_rss_before_bytes(receipt.rss_before_bytes);
  message.set_rss_after_bytes(receipt.rss_after_bytes);
  message.set_pinned_requests(receipt.pinned);
  *message.mutable_waited() = to_message(receipt.waited);
  *message.mutable_at() = to_message(receipt.at);
  return message;
}

messages::ModelEvent::Change to_message(const models::VersionStatus& status) {
  messages::ModelEvent::Change message;
  if (status.reload.state != models::Reload::State::kNone)
    *message.mutable_reload() = to_message(status.reload);
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
  const Statistics statistics = scheduler_.statistics();
  messages::ListModelsResponse response;
  std::string last;
  for (const models::VersionStatus& status : repository_.versions()) {
    if (status.model == last || (!models.empty() && std::ranges::find(models, status.model) == models.end()))
      continue;
    last = status.model;
    if (Result<messages::Model> model = describe(status.model, 0, statistics)) {
      *response.add_models() = *std::move(model);
    }
  }
  response.set_ready(repository_.ready());
  return response;
}

Result<messages::Model> ModelDescriber::describe(std::string_view model, std::int64_t version) const {
  return describe(model, version, scheduler_.statistics());
}

Result<messages::Model> ModelDescriber::describe(std::string_view model, std::int64_t version,
                                                 const Statistics& statistics) const {
  messages::Model message;
  bool known = false;
  for (const models::VersionStatus& status : repository_.versions()) {
    if (status.model != model) continue;
    if (status.version == 0) {
      known |= version == 0;
      message.set_reason(status.reason);
    } else if (version == 0 || version == status.version) {
      known = true;
      *message.add_versions() = describe(status, statistics);
    }
  }
  const auto chosen = repository_.find(model, version);
  if (!known && !chosen) return std::unexpected{chosen.error()};
  message.set_name(std::string{model});
  for (const auto& [label, labelled] : repository_.labels(model)) {
    (*message.mutable_labels())[label] = labelled;
    for (messages::ModelVersion& each : *message.mutable_versions()) {
      if (each.version() == labelled) each.add_labels(label);
    }
  }
  message.set_ready(repository_.ready(model));
  const std::vector<std::string> required = repository_.required();
  message.set_required(std::ranges::find(required, model) != required.end());
  if (chosen && version == 0) message.set_default_version(chosen->version());
  return message;
}

messages::ModelVersion ModelDescriber::describe(const models::VersionStatus& status,
                                                const Statistics& statistics) const {
  messages::ModelVersion message;
  message.set_version(status.version);
  message.set_state(to_message(status.state));
  message.set_reason(status.reason);
  if (status.reload.state != models::Reload::State::kNone)
    *message.mutable_reload() = to_message(status.reload);
  if (status.receipt) *message.mutable_unloaded() = to_message(*status.receipt);
  message.mutable_warnings()->Add(status.warnings.begin(), status.warnings.end());
  message.set_loads(status.loads);
  if (status.loads > 0) *message.mutable_load_time() = to_message(status.load_time);
  const auto counted = std::ranges::find_if(statistics, [&](const scheduling::VersionStatistics& each) {
    return each.model == status.model && each.version == status.version;
  });
  if (counted != statistics.end()) *message.mutable_counters() = counters_message(*counted);
  const auto handle = repository_.find(status.model, status.version);
  if (!handle) return message;
  message.set_backend(handle->backend());
  add_specs(handle->signature().inputs, *message.mutable_inputs());
  add_specs(handle->signature().outputs, *message.mutable_outputs());
  message.mutable_instances()->set_threads(handle->config().instances.threads);
  message.mutable_instances()->set_count(handle->config().instances.count);
  *message.mutable_batching() = batching_message(handle->config().batching);
  *message.mutable_typical_run() = to_message(handle->typical_run());
  if (counted != statistics.end()) {
    message.mutable_instances()->set_count(counted->instances);
    *message.mutable_batching()->mutable_current_delay() = to_message(counted->max_delay);
  }
  return message;
}

Result<messages::ListBatchesResponse> ModelDescriber::batches(std::string_view model, std::int64_t version,
                                                              std::size_t limit) const {
  std::vector<messages::Batch> batches;
  bool known = model.empty();
  for (const models::VersionStatus& status : repository_.versions()) {
    const bool is_meant =
        (model.empty() || model == status.model) && (version == 0 || version == status.version);
    if (!is_meant) continue;
    known = true;
    for (const scheduling::BatchRecord& record : scheduler_.recent_batches(status.model, status.version)) {
      batches.push_back(batch_message(status, record));
    }
  }
  if (!known) return std::unexpected{repository_.find(model, version).error()};
  std::ranges::stable_sort(batches, std::greater{}, [](const messages::Batch& batch) {
    return std::pair{batch.at().seconds(), batch.at().nanos()};
  });
  if (limit > 0 && batches.size() > limit) batches.resize(limit);
  messages::ListBatchesResponse response;
  response.mutable_batches()->Add(std::move_iterator{batches.begin()}, std::move_iterator{batches.end()});
  return response;
}

}  // namespace parlance::dialects::management
