#include "dialects/kserve/service.h"

#include <array>
#include <vector>

#include "base/concat.h"
#include "base/version.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_parameters.h"
#include "dialects/kserve/model_statistics.h"

namespace parlance::dialects::kserve {
namespace {

using namespace ::inference;

constexpr std::array<std::string_view, 5> kExtensions{"sequence", "model_repository", "schedule_policy",
                                                      "parameters", "statistics"};

/// The versions of a model that are READY, as text.
std::vector<std::string> ready_versions(const models::Repository& repository, std::string_view model) {
  std::vector<std::string> versions;
  for (const models::VersionStatus& status : repository.versions()) {
    if (status.model == model && status.state == models::VersionState::kReady)
      versions.push_back(std::to_string(status.version));
  }
  return versions;
}

std::vector<ModelMetadataResponseFields::TensorMetadata> to_metadata(
    const std::vector<models::TensorSpec>& specs) {
  std::vector<ModelMetadataResponseFields::TensorMetadata> tensors;
  for (const models::TensorSpec& spec : specs)
    tensors.push_back({.name = spec.name, .datatype = models::to_string(spec.type), .shape = spec.shape});
  return tensors;
}

std::string_view to_index_state(models::VersionState state) {
  switch (state) {
    case models::VersionState::kLoading:
    case models::VersionState::kWarming:
      return "LOADING";
    case models::VersionState::kReady:
      return "READY";
    case models::VersionState::kDraining:
      return "UNLOADING";
    case models::VersionState::kUnloaded:
    case models::VersionState::kFailed:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

/// Everything of a request that can be wrong is found here, before it is queued.
Result<scheduling::InferenceRequest> to_inference(const models::Repository& repository,
                                                  const ModelInferRequestView& request,
                                                  const ServerCall& call) {
  if (request.model_name().empty()) return invalid("model_name is required and must not be empty");
  Result<models::ModelHandle> model = repository.find(request.model_name(), request.model_version());
  if (!model) return std::unexpected{std::move(model).error()};
  if (Status status = check_outputs(request, model->signature()); !status.ok())
    return std::unexpected{std::move(status)};
  Result<InferParameters> parameters = read_parameters(request);
  if (!parameters) return std::unexpected{std::move(parameters).error()};
  Result<models::Tensors> tensors = to_tensors(request);
  if (!tensors) return std::unexpected{std::move(tensors).error()};
  Result<models::Tensors> inputs = models::bind_inputs(model->signature(), *std::move(tensors));
  if (!inputs) return std::unexpected{std::move(inputs).error()};

  Deadline deadline = call.deadline();
  if (parameters->timeout > Duration::zero())
    deadline = earliest(deadline, Deadline::after(call.received_at(), parameters->timeout));
  scheduling::InferenceRequest inference{.model = *std::move(model),
                                         .inputs = *std::move(inputs),
                                         .deadline = deadline,
                                         .priority = parameters->priority};
  if (!parameters->sequence_id.empty()) {
    inference.sequence = scheduling::SequenceStep{.id = std::move(parameters->sequence_id),
                                                  .start = parameters->sequence_start,
                                                  .end = parameters->sequence_end};
  }
  return inference;
}

}  // namespace

Task<Result<Written<ServerLiveResponseFields>>> GrpcInferenceServiceHandler::ServerLive(
    ServerCall&, Incoming<ServerLiveRequestView>) {
  co_return ServerLiveResponseFields{.live = true};
}

Task<Result<Written<ServerReadyResponseFields>>> GrpcInferenceServiceHandler::ServerReady(
    ServerCall&, Incoming<ServerReadyRequestView>) {
  co_return ServerReadyResponseFields{.ready = repository_.ready()};
}

Task<Result<Written<ModelReadyResponseFields>>> GrpcInferenceServiceHandler::ModelReady(
    ServerCall&, Incoming<ModelReadyRequestView> request) {
  const Result<models::ModelHandle> model = repository_.find(request->name(), request->version());
  co_return ModelReadyResponseFields{.ready = model.has_value()};
}

Task<Result<Written<ServerMetadataResponseFields>>> GrpcInferenceServiceHandler::ServerMetadata(
    ServerCall&, Incoming<ServerMetadataRequestView>) {
  co_return ServerMetadataResponseFields{.name = "parlance", .version = kVersion, .extensions = kExtensions};
}

Task<Result<Written<ModelMetadataResponseFields>>> GrpcInferenceServiceHandler::ModelMetadata(
    ServerCall&, Incoming<ModelMetadataRequestView> request) {
  const Result<models::ModelHandle> model = repository_.find(request->name(), request->version());
  if (!model) co_return model.error();
  const std::vector<std::string> versions = ready_versions(repository_, model->model());
  const auto inputs = to_metadata(model->signature().inputs);
  const auto outputs = to_metadata(model->signature().outputs);
  co_return ModelMetadataResponseFields{.name = model->model(),
                                        .versions = versions,
                                        .platform = model->backend(),
                                        .inputs = inputs,
                                        .outputs = outputs};
}

Task<Result<Written<ModelInferResponseFields>>> GrpcInferenceServiceHandler::ModelInfer(
    ServerCall& call, Incoming<ModelInferRequestView> request) {
  Result<scheduling::InferenceRequest> inference = to_inference(repository_, *request, call);
  if (!inference) co_return inference.error();
  const std::int64_t version = inference->model.version();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, *inference);
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  co_return write_response(*request, request->model_name(), version, result->outputs);
}

Task<Result<Written<ModelStatisticsResponseFields>>> GrpcInferenceServiceHandler::ModelStatistics(
    ServerCall&, Incoming<ModelStatisticsRequestView> request) {
  co_return write_statistics(*request, scheduler_.statistics());
}

Task<Result<Written<RepositoryIndexResponseFields>>> GrpcInferenceServiceHandler::RepositoryIndex(
    ServerCall&, Incoming<RepositoryIndexRequestView> request) {
  const std::vector<models::VersionStatus> versions = repository_.versions();
  std::vector<std::string> numbers;
  numbers.reserve(versions.size());
  std::vector<RepositoryIndexResponseFields::ModelIndex> index;
  for (const models::VersionStatus& status : versions) {
    if (request->ready() && status.state != models::VersionState::kReady) continue;
    numbers.push_back(status.version == 0 ? std::string{} : std::to_string(status.version));
    index.push_back({.name = status.model,
                     .version = numbers.back(),
                     .state = to_index_state(status.state),
                     .reason = status.reason});
  }
  co_return RepositoryIndexResponseFields{.models = index};
}

}  // namespace parlance::dialects::kserve
