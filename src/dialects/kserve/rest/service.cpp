#include "dialects/kserve/rest/service.h"

#include <string>
#include <utility>

#include "dialects/json_output.h"
#include "dialects/kserve/rest/asking.h"
#include "dialects/kserve/rest/control.h"
#include "dialects/kserve/rest/generate.h"
#include "dialects/kserve/rest/generate_stream.h"
#include "dialects/kserve/rest/infer_answer.h"
#include "dialects/kserve/rest/infer_request.h"
#include "dialects/kserve/rest/raw_request.h"
#include "edge/http_encoding.h"
#include "edge/http_status.h"
#include "kserve/grpc_service.pb.h"

namespace parlance::dialects::kserve::rest {
namespace {

using edge::HttpCall;
using edge::HttpResponse;
using Service = GrpcInferenceServiceHandler;
using namespace ::inference;

constexpr const char* kJson = "application/json";

HttpResponse error_response(const Status& status) {
  return {.status = edge::http_status_of(status), .content_type = kJson, .body = error_json(status)};
}

// --- requests

ModelName name_of(const HttpCall& call) {
  return {.model = call.parameter("model"), .version = call.parameter("version")};
}

Result<Buffer> nothing(const HttpCall&) { return Buffer{}; }

template <typename Fields>
Result<Buffer> model_and_version(const HttpCall& call) {
  const ModelName name = name_of(call);
  return serialize(Fields{.name = name.model, .version = name.version});
}

// --- answers

HttpResponse as_json(std::string body) { return {.content_type = kJson, .body = std::move(body)}; }

template <typename Message>
HttpResponse as_it_is(const Message& answer, const HttpCall&) {
  return as_json(to_json(answer));
}

// The protocol says yes and no with the status, and some clients look at nothing else.
HttpResponse yes_or_no(bool yes, std::string json) {
  return {.status = yes ? 200U : 400U, .content_type = kJson, .body = std::move(json)};
}
HttpResponse live(const ServerLiveResponse& answer, const HttpCall&) {
  return yes_or_no(answer.live(), to_json(answer));
}
HttpResponse ready(const ServerReadyResponse& answer, const HttpCall&) {
  return yes_or_no(answer.ready(), to_json(answer));
}
HttpResponse model_ready(const ModelReadyResponse& answer, const HttpCall& call) {
  std::string json = R"({"name":)";
  append_json(json, call.parameter("model"));
  json += answer.ready() ? R"(,"ready":true})" : R"(,"ready":false})";
  return yes_or_no(answer.ready(), std::move(json));
}

// --- inference

/// The body as a message. Without any JSON it is the values of the model's only input, which the model is
/// asked for.
Task<Result<InferRequest>> read_infer(Service& service, HttpCall& call) {
  const std::string& body = call.request().body;
  const auto field = call.request().field("inference-header-content-length");
  if (!field) co_return read_infer_request(name_of(call), body, {});
  const Result<std::size_t> json_bytes = read_header_length(*field, body.size());
  if (!json_bytes) co_return json_bytes.error();
  if (*json_bytes > 0) co_return read_infer_request(name_of(call), body, *json_bytes);
  const ModelName name = name_of(call);
  Task<Result<Buffer>> asking = ask(
      service, call, Method<ModelMetadataRequestView, ModelMetadataResponseFields>{&Service::ModelMetadata},
      serialize(ModelMetadataRequestFields{.name = name.model, .version = name.version}));
  const Result<Buffer> metadata = co_await std::move(asking);
  if (!metadata) co_return metadata.error();
  co_return read_raw_request(name, metadata->bytes(), body);
}

Task<Result<HttpResponse>> infer(Service& service, HttpCall& call) {
  Task<Result<InferRequest>> reading = read_infer(service, call);
  Result<InferRequest> request = co_await std::move(reading);
  if (!request) co_return request.error();
  Task<Result<Buffer>> asking =
      ask(service, call, Method<ModelInferRequestView, ModelInferResponseFields>{&Service::ModelInfer},
          std::move(request->message));
  const Result<Buffer> answered = co_await std::move(asking);
  if (!answered) co_return answered.error();
  Result<HttpResponse> response = write_infer_answer(answered->bytes(), request->forms);
  if (response) edge::encode_body(call.request(), *response);
  co_return response;
}

Task<Result<HttpResponse>> generate(Service& service, HttpCall& call) {
  Result<Buffer> request = read_generate_request(name_of(call), call.request().body);
  if (!request) co_return request.error();
  Task<Result<Buffer>> asking =
      ask(service, call, Method<ModelInferRequestView, ModelInferResponseFields>{&Service::ModelInfer},
          *std::move(request));
  const Result<Buffer> answered = co_await std::move(asking);
  if (!answered) co_return answered.error();
  Result<std::string> json = generate_json(answered->bytes());
  if (!json) co_return json.error();
  co_return as_json(*std::move(json));
}

// --- repository, shared memory, settings

template <typename Fields>
Result<Buffer> region(const HttpCall& call) {
  return serialize(Fields{.name = call.parameter("region")});
}

void add_repository_routes(const std::shared_ptr<Service>& service, edge::HttpRoutes& routes) {
  for (const std::string repository : {"/v2/repository", "/v2/repository/{repository}"}) {
    routes.add(
        "POST", repository + "/index",
        route<RepositoryIndexResponse>(service, &Service::RepositoryIndex, read_index_request, write_index));
    routes.add("POST", repository + "/models/{model}/load",
               route<RepositoryModelLoadResponse>(service, &Service::RepositoryModelLoad, read_load_request,
                                                  as_it_is));
    routes.add("POST", repository + "/models/{model}/unload",
               route<RepositoryModelUnloadResponse>(service, &Service::RepositoryModelUnload,
                                                    read_unload_request, as_it_is));
  }
}

void add_shared_memory_routes(const std::shared_ptr<Service>& service, edge::HttpRoutes& routes) {
  for (const std::string end : {"", "/region/{region}"}) {
    const std::string system = "/v2/systemsharedmemory" + end;
    const std::string cuda = "/v2/cudasharedmemory" + end;
    routes.add("GET", system + "/status",
               route<SystemSharedMemoryStatusResponse>(service, &Service::SystemSharedMemoryStatus,
                                                       region<SystemSharedMemoryStatusRequestFields>,
                                                       write_system_regions));
    routes.add("POST", system + "/register",
               route<SystemSharedMemoryRegisterResponse>(service, &Service::SystemSharedMemoryRegister,
                                                         read_system_region, as_it_is));
    routes.add("POST", system + "/unregister",
               route<SystemSharedMemoryUnregisterResponse>(service, &Service::SystemSharedMemoryUnregister,
                                                           region<SystemSharedMemoryUnregisterRequestFields>,
                                                           as_it_is));
    routes.add("GET", cuda + "/status",
               route<CudaSharedMemoryStatusResponse>(service, &Service::CudaSharedMemoryStatus,
                                                     region<CudaSharedMemoryStatusRequestFields>,
                                                     write_cuda_regions));
    routes.add("POST", cuda + "/register",
               route<CudaSharedMemoryRegisterResponse>(service, &Service::CudaSharedMemoryRegister,
                                                       read_cuda_region, as_it_is));
    routes.add(
        "POST", cuda + "/unregister",
        route<CudaSharedMemoryUnregisterResponse>(service, &Service::CudaSharedMemoryUnregister,
                                                  region<CudaSharedMemoryUnregisterRequestFields>, as_it_is));
  }
}

void add_settings_routes(const std::shared_ptr<Service>& service, edge::HttpRoutes& routes) {
  const auto traces =
      route<TraceSettingResponse>(service, &Service::TraceSetting, read_trace_settings, write_trace_settings);
  const auto logs =
      route<LogSettingsResponse>(service, &Service::LogSettings, read_log_settings, write_log_settings);
  for (const char* method : {"GET", "POST"}) {
    routes.add(method, "/v2/trace/setting", traces);
    routes.add(method, "/v2/models/{model}/trace/setting", traces);
    routes.add(method, "/v2/logging", logs);
  }
}

}  // namespace

void add_routes(std::shared_ptr<Service> service, edge::HttpRoutes& routes) {
  add_repository_routes(service, routes);
  add_shared_memory_routes(service, routes);
  add_settings_routes(service, routes);
  const auto add_of_model = [&](const char* method, std::string_view end, const edge::HttpHandler& handler) {
    for (const std::string_view path : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"})
      routes.add(method, std::string{path}.append(end), handler);
  };
  routes.add("GET", "/v2/health/live",
             route<ServerLiveResponse>(service, &Service::ServerLive, nothing, live));
  routes.add("GET", "/v2/health/ready",
             route<ServerReadyResponse>(service, &Service::ServerReady, nothing, ready));
  const auto metadata = route<ServerMetadataResponse>(service, &Service::ServerMetadata, nothing, as_it_is);
  routes.add("GET", "/v2", metadata);
  routes.add("GET", "/v2/", metadata);
  add_of_model("GET", "",
               route<ModelMetadataResponse>(service, &Service::ModelMetadata,
                                            model_and_version<ModelMetadataRequestFields>, as_it_is));
  add_of_model("GET", "/ready",
               route<ModelReadyResponse>(service, &Service::ModelReady,
                                         model_and_version<ModelReadyRequestFields>, model_ready));
  const auto statistics = route<ModelStatisticsResponse>(
      service, &Service::ModelStatistics, model_and_version<ModelStatisticsRequestFields>, as_it_is);
  add_of_model("GET", "/stats", statistics);
  routes.add("GET", "/v2/models/stats", statistics);
  add_of_model("GET", "/config",
               route<ModelConfigResponse>(service, &Service::ModelConfig,
                                          model_and_version<ModelConfigRequestFields>, write_config));
  add_of_model("POST", "/infer", [service](HttpCall& call) { return infer(*service, call); });
  add_of_model("POST", "/generate", [service](HttpCall& call) { return generate(*service, call); });
  add_of_model("POST", "/generate_stream",
               [service](HttpCall& call) { return generate_stream(*service, call); });
  routes.write_errors("/v2", error_response);
}

}  // namespace parlance::dialects::kserve::rest
