#include "dialects/tfserving/model_manager.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/errors.h"
#include "grpc/error_details.h"
#include "models/tfserving_config.h"
#include "rpc/offload.h"

namespace parlance::dialects::tfserving {
namespace {

using models::ServedModel;
using models::VersionState;
using models::VersionStatus;
using Versions = std::vector<VersionStatus>;

/// Labels are given to what answers already, so that a new one never takes callers to nothing.
Status check_labels(const std::vector<ServedModel>& models, const Versions& versions) {
  for (const ServedModel& model : models) {
    for (const auto& [label, number] : model.versions.labels) {
      const bool available = std::ranges::any_of(versions, [&](const VersionStatus& version) {
        return version.model == model.name && version.version == number &&
               version.state == VersionState::kReady;
      });
      if (available) continue;
      return grpc::make_error(StatusCode::kFailedPrecondition, "MODEL_NOT_LOADED",
                              concat("Request to assign label to version ", number, " of model ", model.name,
                                     ", which is not currently available for inference"),
                              {{"hop", "server"}});
    }
  }
  return {};
}

/// Also told: a version from before that serves on, since what was asked for cannot be loaded.
Status check_loaded(const std::vector<ServedModel>& models, const Versions& versions) {
  std::size_t failed = 0;
  std::string which;
  for (const VersionStatus& version : versions) {
    const bool is_listed = std::ranges::find(models, version.model, &ServedModel::name) != models.end();
    const bool is_as_before = version.reload.state == models::Reload::State::kFailed;
    if (!is_listed || (version.state != VersionState::kFailed && !is_as_before)) continue;
    ++failed;
    which += concat(which.empty() ? "" : ", ", "{name: ", version.model, " version: ", version.version,
                    "} due to error: ", is_as_before ? version.reload.reason : version.reason);
  }
  if (failed == 0) return {};
  return grpc::make_error(StatusCode::kFailedPrecondition, "MODEL_NOT_LOADED",
                          concat(failed, " model(s) did not become available: {", which, "}"),
                          {{"hop", "server"}});
}

}  // namespace

Task<Result<ModelServiceHandler::ReloadResponse>> ModelManagerHandler::HandleReloadConfigRequest(
    ServerCall&, Incoming<ReloadRequest> request) {
  auto work = [this, &request] { return reload(*request); };
  Result<ReloadResponse> response = co_await offload(workers_, work);
  if (!response) co_return cut(response.error());
  co_return response;
}

Result<ModelServiceHandler::ReloadResponse> ModelManagerHandler::reload(const ReloadRequest& request) {
  if (!request.config().has_model_config_list())
    return invalid(
        "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is "
        "currently "
        "supported");
  const std::string sent = request.config().SerializeAsString();
  Result<std::vector<ServedModel>> models = models::read_models_config(as_bytes(sent), repository_.folder());
  if (!models) return std::unexpected{std::move(models).error()};
  if (Status status = check_labels(*models, repository_.versions()); !status.ok())
    return std::unexpected{std::move(status)};
  if (Status status = repository_.serve(*models); !status.ok()) return std::unexpected{std::move(status)};
  if (Status status = check_loaded(*models, repository_.versions()); !status.ok())
    return std::unexpected{std::move(status)};
  ReloadResponse response;
  response.mutable_status();
  for (const std::string& name : request.metric_names()) {
    auto& metric = *response.add_metric();
    metric.set_name(name);
    metric.set_int64_value_increase(0);  // nothing is counted under TensorFlow Serving's names
  }
  return response;
}

}  // namespace parlance::dialects::tfserving
