#include "dialects/kserve/service.h"

#include <array>
#include <vector>

#include "base/concat.h"
#include "base/version.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_request.h"
#include "dialects/kserve/model_statistics.h"
#include "dialects/kserve/stream_infer.h"
#include "dialects/kserve/text_answer.h"

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

/// All of a text in one answer.
Task<Result<Written<ModelInferResponseFields>>> infer_text(ServerCall& call,
                                                           const ModelInferRequestView& request,
                                                           models::ModelHandle model) {
  Result<text::GenerateRequest> wanted = to_generation(std::move(model), request, call.received_at(), call);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Generation>> beginning = text::generate(call, *std::move(wanted));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  std::string all;
  std::optional<text::Finish> finish;
  while (auto piece = co_await generation->next()) {
    if (!piece->status.ok()) co_return piece->status;
    all += piece->text;
    finish = piece->finish;
  }
  const TextAnswer::Text text{.text = all, .finish = finish};
  const TextAnswer answer{request, request.model_name(), generation->model().version(), text};
  co_return answer.fields();
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
  Result<models::ModelHandle> model = find_model(repository_, *request);
  if (!model) co_return model.error();
  if (model->makes_text()) {
    Task<Result<Written<ModelInferResponseFields>>> answering = infer_text(call, *request, *std::move(model));
    co_return co_await std::move(answering);
  }
  const std::int64_t version = model->version();
  Result<scheduling::InferenceRequest> inference =
      to_inference(*std::move(model), *request, call.received_at(), call);
  if (!inference) co_return inference.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, *inference);
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  const InferResponse response{*request, request->model_name(), version, result->outputs};
  co_return response.fields();
}

Task<Status> GrpcInferenceServiceHandler::ModelStreamInfer(ServerCall& call,
                                                           Reader<ModelInferRequestView>& in,
                                                           Writer<ModelStreamInferResponseFields>& out) {
  StreamInfer stream{call, repository_, scheduler_, out};
  // Nothing wakes who waits for a request: where a failure ends the call, each is answered before the next is
  // read.
  const std::size_t most = stream.failure_ends_call() ? 1 : kMostAnswers;
  while (true) {
    co_await stream.answers().fewer_than(most);
    if (!stream.status().ok()) break;
    auto request = co_await in.read();
    if (!request) break;
    stream.start(*std::move(request));
  }
  co_await stream.answers().fewer_than(1);
  stream.answers().rethrow();
  co_return stream.status();
}

Result<text::GenerateRequest> GrpcInferenceServiceHandler::text_asked(
    const ServerCall& call, const ModelInferRequestView& request) const {
  Result<models::ModelHandle> model = find_model(repository_, request);
  if (!model) return std::unexpected{model.error()};
  if (!model->makes_text()) return invalid(concat("Model \"", model->model(), "\" makes no text"));
  return to_generation(*std::move(model), request, call.received_at(), call);
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
