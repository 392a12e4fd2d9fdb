#include "dialects/kserve/service.h"

#include <array>
#include <vector>

#include "base/concat.h"
#include "base/version.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"
#include "dialects/kserve/find_model.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_request.h"
#include "dialects/kserve/model_config_message.h"
#include "dialects/kserve/model_control.h"
#include "dialects/kserve/model_statistics.h"
#include "dialects/kserve/stream_infer.h"
#include "dialects/kserve/text_answer.h"
#include "rpc/offload.h"

namespace parlance::dialects::kserve {
namespace {

using namespace ::inference;

/// With system_shared_memory last: a server that does not serve it leaves it out.
constexpr std::array<std::string_view, 11> kExtensions{
    "classification",      "sequence",   "model_repository",    "model_repository(unload_dependents)",
    "schedule_policy",     "parameters", "binary_tensor_data",  "statistics",
    "model_configuration", "logging",    "system_shared_memory"};

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

/// Its bytes were checked when they came.
template <typename Request, typename View>
Request message_of(const Incoming<View>& request) {
  Request message;
  Codec<Request>::parse(message, request.bytes());
  return message;
}

/// The answer of what works on messages of libprotobuf: for calls of operators, which are few.
template <typename Fields, typename Message>
Result<Written<Fields>> written(const Result<Message>& answer) {
  if (!answer) return std::unexpected{answer.error()};
  return Written<Fields>::of(*answer);
}

/// Of answers that are empty.
template <typename Fields>
Result<Written<Fields>> written(Status status) {
  if (!status.ok()) return std::unexpected{std::move(status)};
  return Written<Fields>{Fields{}};
}

Status no_model_control() {
  return switched_off(
      "explicit model load / unload is not allowed here; ask on the admin address, or start the server with "
      "'--model-control-mode explicit'");
}

Status no_log_control() {
  return switched_off(
      "the log is not changed from here; ask on the admin address, or start the server with "
      "'--model-control-mode explicit'");
}

/// All of a text in one answer.
Task<Result<Written<ModelInferResponseFields>>> infer_text(ServerCall& call,
                                                           const ModelInferRequestView& request,
                                                           const SharedMemory& memory,
                                                           models::ModelHandle model) {
  Result<text::GenerateRequest> wanted =
      to_generation(std::move(model), request, memory, call.received_at(), call);
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
  const bool shares = options_.shared_memory != nullptr;
  co_return ServerMetadataResponseFields{
      .name = "parlance",
      .version = kVersion,
      .extensions = std::span{kExtensions}.first(kExtensions.size() - (shares ? 0 : 1))};
}

Task<Result<Written<ModelMetadataResponseFields>>> GrpcInferenceServiceHandler::ModelMetadata(
    ServerCall&, Incoming<ModelMetadataRequestView> request) {
  const Result<models::ModelHandle> model = find_model(repository_, request->name(), request->version());
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
  Result<models::ModelHandle> model =
      find_model(repository_, request->model_name(), request->model_version());
  if (!model) co_return model.error();
  if (model->makes_text()) {
    Task<Result<Written<ModelInferResponseFields>>> answering =
        infer_text(call, *request, shared_memory_, *std::move(model));
    co_return co_await std::move(answering);
  }
  Result<PreparedInference> prepared =
      to_inference(*std::move(model), *request, shared_memory_, call.received_at(), call);
  if (!prepared) co_return prepared.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, prepared->inference);
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  const InferResponse response{*request, prepared->outputs, prepared->answer(result->outputs)};
  if (!response.status().ok()) co_return response.status();
  co_return response.fields();
}

Task<Status> GrpcInferenceServiceHandler::ModelStreamInfer(ServerCall& call,
                                                           Reader<ModelInferRequestView>& in,
                                                           Writer<ModelStreamInferResponseFields>& out) {
  StreamInfer stream{call, repository_, scheduler_, shared_memory_, out};
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
  Result<models::ModelHandle> model = find_model(repository_, request.model_name(), request.model_version());
  if (!model) return std::unexpected{model.error()};
  if (!model->makes_text()) return invalid(concat("Model \"", model->model(), "\" makes no text"));
  return to_generation(*std::move(model), request, shared_memory_, call.received_at(), call);
}

Task<Result<Written<ModelStatisticsResponseFields>>> GrpcInferenceServiceHandler::ModelStatistics(
    ServerCall&, Incoming<ModelStatisticsRequestView> request) {
  co_return write_statistics(*request, scheduler_.statistics());
}

Task<Result<Written<RepositoryIndexResponseFields>>> GrpcInferenceServiceHandler::RepositoryIndex(
    ServerCall&, Incoming<RepositoryIndexRequestView> request) {
  co_return written<RepositoryIndexResponseFields>(
      index(message_of<RepositoryIndexRequest>(request), repository_));
}

Task<Result<Written<ModelConfigResponseFields>>> GrpcInferenceServiceHandler::ModelConfig(
    ServerCall&, Incoming<ModelConfigRequestView> request) {
  const Result<models::ModelHandle> model = find_model(repository_, request->name(), request->version());
  if (!model) co_return model.error();
  ModelConfigResponse response;
  *response.mutable_config() = to_message(*model);
  co_return Written<ModelConfigResponseFields>::of(response);
}

Task<Result<Written<RepositoryModelLoadResponseFields>>> GrpcInferenceServiceHandler::RepositoryModelLoad(
    ServerCall&, Incoming<RepositoryModelLoadRequestView> request) {
  if (!options_.model_control) co_return no_model_control();
  auto work = [this, &request] { return load(message_of<RepositoryModelLoadRequest>(request), repository_); };
  const Status changed = co_await offload(workers_, work);
  co_return written<RepositoryModelLoadResponseFields>(changed);
}

Task<Result<Written<RepositoryModelUnloadResponseFields>>> GrpcInferenceServiceHandler::RepositoryModelUnload(
    ServerCall&, Incoming<RepositoryModelUnloadRequestView> request) {
  if (!options_.model_control) co_return no_model_control();
  auto work = [this, &request] {
    return unload(message_of<RepositoryModelUnloadRequest>(request), repository_);
  };
  const Status changed = co_await offload(workers_, work);
  co_return written<RepositoryModelUnloadResponseFields>(changed);
}

Task<Result<Written<SystemSharedMemoryStatusResponseFields>>>
GrpcInferenceServiceHandler::SystemSharedMemoryStatus(ServerCall& call,
                                                      Incoming<SystemSharedMemoryStatusRequestView> request) {
  if (Status status = shared_memory_.check(call.peer()); !status.ok()) co_return status;
  const Result<std::vector<SharedMemory::Region>> regions = shared_memory_.list(request->name());
  if (!regions) co_return regions.error();
  SystemSharedMemoryStatusResponse response;
  for (const SharedMemory::Region& region : *regions) {
    auto& status = (*response.mutable_regions())[region.name];
    status.set_name(region.name);
    status.set_key(region.key);
    status.set_offset(region.offset_bytes);
    status.set_byte_size(region.size_bytes);
  }
  co_return Written<SystemSharedMemoryStatusResponseFields>::of(response);
}

Task<Result<Written<SystemSharedMemoryRegisterResponseFields>>>
GrpcInferenceServiceHandler::SystemSharedMemoryRegister(
    ServerCall& call, Incoming<SystemSharedMemoryRegisterRequestView> request) {
  if (Status status = shared_memory_.check(call.peer()); !status.ok()) co_return status;
  co_return written<SystemSharedMemoryRegisterResponseFields>(
      shared_memory_.add({.name = std::string{request->name()},
                          .key = std::string{request->key()},
                          .offset_bytes = request->offset(),
                          .size_bytes = request->byte_size()}));
}

Task<Result<Written<SystemSharedMemoryUnregisterResponseFields>>>
GrpcInferenceServiceHandler::SystemSharedMemoryUnregister(
    ServerCall& call, Incoming<SystemSharedMemoryUnregisterRequestView> request) {
  if (Status status = shared_memory_.check(call.peer()); !status.ok()) co_return status;
  request->name().empty() ? shared_memory_.remove_all() : shared_memory_.remove(request->name());
  co_return SystemSharedMemoryUnregisterResponseFields{};
}

Task<Result<Written<CudaSharedMemoryStatusResponseFields>>>
GrpcInferenceServiceHandler::CudaSharedMemoryStatus(ServerCall&,
                                                    Incoming<CudaSharedMemoryStatusRequestView> request) {
  if (request->name().empty()) co_return CudaSharedMemoryStatusResponseFields{};
  co_return no_region("cuda ", request->name());
}

Task<Result<Written<CudaSharedMemoryRegisterResponseFields>>>
GrpcInferenceServiceHandler::CudaSharedMemoryRegister(ServerCall&,
                                                      Incoming<CudaSharedMemoryRegisterRequestView> request) {
  co_return invalid(
      concat("failed to register CUDA shared memory region: '", request->name(), "', GPUs not supported"))
      .error();
}

Task<Result<Written<CudaSharedMemoryUnregisterResponseFields>>>
GrpcInferenceServiceHandler::CudaSharedMemoryUnregister(ServerCall&,
                                                        Incoming<CudaSharedMemoryUnregisterRequestView>) {
  co_return CudaSharedMemoryUnregisterResponseFields{};
}

Task<Result<Written<TraceSettingResponseFields>>> GrpcInferenceServiceHandler::TraceSetting(
    ServerCall&, Incoming<TraceSettingRequestView> request) {
  co_return written<TraceSettingResponseFields>(answer(message_of<TraceSettingRequest>(request)));
}

Task<Result<Written<LogSettingsResponseFields>>> GrpcInferenceServiceHandler::LogSettings(
    ServerCall&, Incoming<LogSettingsRequestView> request) {
  const auto message = message_of<LogSettingsRequest>(request);
  if (!message.settings().empty() && !options_.model_control) co_return no_log_control();
  co_return written<LogSettingsResponseFields>(answer(message, options_.log));
}

}  // namespace parlance::dialects::kserve
