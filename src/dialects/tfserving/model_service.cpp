#include "dialects/tfserving/model_service.h"

#include <string>

#include "dialects/invalid_input.h"
#include "dialects/tfserving/errors.h"
#include "dialects/tfserving/model_choice.h"
#include "dialects/tfserving/model_status.h"
#include "dialects/version_states.h"
#include "grpc/error_details.h"

namespace parlance::dialects::tfserving {
namespace {

ModelChoice to_choice(const ::tensorflow::serving::ModelSpec& spec) {
  ModelChoice choice{.name = spec.name(), .version = {}, .label = {}};
  if (spec.has_version()) choice.version = spec.version().value();
  if (spec.version_choice_case() == ::tensorflow::serving::ModelSpec::kVersionLabel)
    choice.label = spec.version_label();
  return choice;
}

void add(const models::VersionStatus& version, ModelServiceHandler::StatusResponse& response) {
  using Told = ::tensorflow::serving::ModelVersionStatus;
  Told& told = *response.add_model_version_status();
  told.set_version(version.version);
  Told::State state = Told::UNKNOWN;
  Told::State_Parse(std::string{tensorflow_state(version.state)}, &state);
  told.set_state(state);
  ::tensorflow::serving::StatusProto& status = *told.mutable_status();
  if (version.state != models::VersionState::kFailed) return;
  status.set_error_code(::tensorflow::error::FAILED_PRECONDITION);
  status.set_error_message(version.reason);
}

}  // namespace

Task<Result<ModelServiceHandler::StatusResponse>> ModelServiceHandler::GetModelStatus(
    ServerCall&, Incoming<StatusRequest> request) {
  if (!request->has_model_spec()) co_return invalid("Missing ModelSpec").error();
  const auto versions = model_status(repository_, to_choice(request->model_spec()));
  if (!versions) co_return cut(versions.error());
  StatusResponse response;
  for (const models::VersionStatus& version : *versions) add(version, response);
  co_return response;
}

Task<Result<ModelServiceHandler::ReloadResponse>> ModelServiceHandler::HandleReloadConfigRequest(
    ServerCall&, Incoming<ReloadRequest>) {
  co_return grpc::make_error(StatusCode::kPermissionDenied, "MANAGEMENT_ELSEWHERE",
                             "which models are served is changed on the server's admin address (--admin)",
                             {{"hop", "server"}, {"knob", "--admin"}});
}

}  // namespace parlance::dialects::tfserving
