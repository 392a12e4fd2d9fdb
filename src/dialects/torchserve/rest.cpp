#include "dialects/torchserve/rest.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/buffer.h"
#include "base/concat.h"
#include "dialects/torchserve/exceptions.h"
#include "dialects/torchserve/form.h"
#include "edge/http_call.h"
#include "edge/http_status.h"

namespace parlance::dialects::torchserve {
namespace {

using edge::HttpCall;
using edge::HttpResponse;
using Json = nlohmann::ordered_json;
using Answer = Task<Result<HttpResponse>>;

constexpr const char* kJson = "application/json";

std::string pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Of what is no exception of TorchServe's.
const ExceptionKind& kind_for(const Status& status) {
  const unsigned code = edge::http_status_of(status);
  if (status.code() == StatusCode::kPermissionDenied) return kind_of(Exception::kInvalidKey);
  if (code == 405) return kind_of(Exception::kMethodNotAllowed);
  if (code == 404) return kind_of(Exception::kResourceNotFound);
  return kind_of(Exception::kInternalServer);
}

HttpResponse error_response(const Status& status) {
  const Thrown thrown = thrown_in(status);
  const ExceptionKind& kind = thrown.kind != nullptr ? *thrown.kind : kind_for(status);
  const bool is_own = thrown.kind != nullptr || status.code() == StatusCode::kPermissionDenied;
  const unsigned code = is_own ? static_cast<unsigned>(kind.http_status) : edge::http_status_of(status);
  return {.status = code,
          .content_type = kJson,
          .body = pretty({{"code", code}, {"type", kind.simple_name()}, {"message", thrown.text}})};
}

/// A sentence, or JSON as it is.
Result<HttpResponse> to_response(const Result<management::ManagementResponse>& answer) {
  if (!answer) return std::unexpected{answer.error()};
  const std::string& text = answer->msg();
  const bool is_json = text.starts_with('{') || text.starts_with('[');
  return HttpResponse{.content_type = kJson, .body = is_json ? text + "\n" : pretty({{"status", text}})};
}

std::string text_of(const HttpCall& call, std::string_view name) {
  return std::string{call.request().query_value(name).value_or("")};
}

bool flag_of(const HttpCall& call, std::string_view name, bool fallback) {
  const auto value = call.request().query_value(name);
  return value ? *value == "true" : fallback;
}

/// 0 for what is no number, as TorchServe has it.
std::int32_t number_of(const HttpCall& call, std::string_view name) {
  const std::string_view value = call.request().query_value(name).value_or("");
  std::int32_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

template <typename Message>
Incoming<Message> incoming(const Message& message) {
  return Incoming<Message>{Buffer::copy_of(as_bytes(message.SerializeAsString()))};
}

std::string model_of(const HttpCall& call) { return std::string{call.parameter("model")}; }

/// Of the path, else of the query.
std::string version_of_call(const HttpCall& call) {
  const std::string_view version = call.parameter("version");
  return version.empty() ? text_of(call, "model_version") : std::string{version};
}

// Its JSON body has the query's names.
Result<management::RegisterModelRequest> registration(const HttpCall& call) {
  management::RegisterModelRequest request;
  Json body;
  if (call.request().field("content-type").value_or("").starts_with(kJson)) {
    body = Json::parse(call.request().body, nullptr, false);
    if (!body.is_object())
      return std::unexpected{thrown(Exception::kBadRequest, "the body is not a JSON object")};
  }
  const auto text = [&](const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : text_of(call, name);
  };
  const auto number = [&](const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_number_integer()) return number_of(call, name);
    const auto value = found->get<std::int64_t>();
    return std::in_range<std::int32_t>(value) ? static_cast<std::int32_t>(value) : 0;
  };
  const auto flag = [&](const char* name, bool fallback) {
    const auto found = body.find(name);
    return found != body.end() && found->is_boolean() ? found->get<bool>() : flag_of(call, name, fallback);
  };
  request.set_url(text("url"));
  request.set_model_name(text("model_name"));
  request.set_handler(text("handler"));
  request.set_runtime(text("runtime"));
  request.set_batch_size(number("batch_size"));
  request.set_max_batch_delay(number("max_batch_delay"));
  request.set_initial_workers(number("initial_workers"));
  request.set_response_timeout(number("response_timeout"));
  request.set_startup_timeout(number("startup_timeout"));
  request.set_synchronous(flag("synchronous", true));
  request.set_s3_sse_kms(flag("s3_sse_kms", false));
  return request;
}

Answer ping(InferenceApisHandler& handler, HttpCall& call) {
  Task<Result<InferenceApisHandler::Health>> asking = handler.Ping(call, incoming(google::protobuf::Empty{}));
  const Result<InferenceApisHandler::Health> health = co_await std::move(asking);
  if (!health) co_return health.error();
  const bool healthy = health->health().find("Unhealthy") == std::string::npos;
  co_return HttpResponse{
      .status = healthy ? 200U : 500U, .content_type = kJson, .body = health->health() + "\n"};
}

/// A form's parts, or the body.
Status read_input(const HttpCall& call, InferenceApisHandler::Request& request) {
  const std::string_view body = call.request().body;
  const std::string_view content_type = call.request().field("content-type").value_or("");
  if (!is_form(content_type)) {
    (*request.mutable_input())["body"] = body;
    return {};
  }
  const auto parts = read_form(content_type, body);
  if (!parts) return parts.error();
  for (const auto& [name, content] : *parts) (*request.mutable_input())[name] = content;
  return {};
}

Answer predict(InferenceApisHandler& handler, HttpCall& call) {
  InferenceApisHandler::Request request;
  request.set_model_name(model_of(call));
  request.set_model_version(version_of_call(call));
  if (const Status status = read_input(call, request); !status.ok()) co_return status;
  Task<Result<InferenceApisHandler::Response>> predicting = handler.predictions(call, request);
  Result<InferenceApisHandler::Response> response = co_await std::move(predicting);
  if (!response) co_return exception_of(response.error(), request.model_name(), request.model_version());
  const std::string& prediction = response->prediction();
  const bool is_json = prediction.starts_with('{') || prediction.starts_with('[');
  co_return HttpResponse{.content_type = is_json ? kJson : "text/plain; charset=utf-8", .body = prediction};
}

Answer list_models(ManagementApisHandler& handler, HttpCall& call) {
  management::ListModelsRequest request;
  request.set_limit(number_of(call, "limit"));
  request.set_next_page_token(number_of(call, "next_page_token"));
  auto asking = handler.ListModels(call, incoming(request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

Answer register_model(ManagementApisHandler& handler, HttpCall& call) {
  const Result<management::RegisterModelRequest> request = registration(call);
  if (!request) co_return request.error();
  auto asking = handler.RegisterModel(call, incoming(*request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

Answer describe_model(ManagementApisHandler& handler, HttpCall& call) {
  management::DescribeModelRequest request;
  request.set_model_name(model_of(call));
  request.set_model_version(version_of_call(call));
  request.set_customized(flag_of(call, "customized", false));
  auto asking = handler.DescribeModel(call, incoming(request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

Answer scale_model(ManagementApisHandler& handler, HttpCall& call) {
  management::ScaleWorkerRequest request;
  request.set_model_name(model_of(call));
  request.set_model_version(version_of_call(call));
  request.set_min_worker(number_of(call, "min_worker"));
  request.set_max_worker(number_of(call, "max_worker"));
  request.set_number_gpu(number_of(call, "number_gpu"));
  request.set_timeout(number_of(call, "timeout"));
  request.set_synchronous(flag_of(call, "synchronous", false));
  if (text_of(call, "min_worker") == "0")
    co_return thrown(Exception::kBadRequest,
                     "min_worker must be at least 1; unregister the model to free it");
  auto asking = handler.ScaleWorker(call, incoming(request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

Answer unregister_model(ManagementApisHandler& handler, HttpCall& call) {
  management::UnregisterModelRequest request;
  request.set_model_name(model_of(call));
  request.set_model_version(version_of_call(call));
  auto asking = handler.UnregisterModel(call, incoming(request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

Answer set_default(ManagementApisHandler& handler, HttpCall& call) {
  management::SetDefaultRequest request;
  request.set_model_name(model_of(call));
  request.set_model_version(version_of_call(call));
  auto asking = handler.SetDefault(call, incoming(request));
  const auto answer = co_await std::move(asking);
  co_return to_response(answer);
}

template <typename Handler>
struct Route {
  const char* method;
  const char* path;
  Answer (*answer)(Handler& handler, HttpCall& call);
};

constexpr Route<InferenceApisHandler> kInference[] = {
    {"GET", "/ping", ping},
    {"POST", "/predictions/{model}", predict},
    {"PUT", "/predictions/{model}", predict},
    {"POST", "/predictions/{model}/{version}", predict},
    {"PUT", "/predictions/{model}/{version}", predict},
};
constexpr Route<ManagementApisHandler> kManagement[] = {
    {"GET", "/models", list_models},
    {"POST", "/models", register_model},
    {"GET", "/models/{model}", describe_model},
    {"PUT", "/models/{model}", scale_model},
    {"DELETE", "/models/{model}", unregister_model},
    {"GET", "/models/{model}/{version}", describe_model},
    {"PUT", "/models/{model}/{version}", scale_model},
    {"DELETE", "/models/{model}/{version}", unregister_model},
    {"PUT", "/models/{model}/{version}/set-default", set_default},
};

template <typename Handler, std::size_t count>
void add(const Route<Handler> (&table)[count], const std::shared_ptr<Handler>& handler,
         edge::HttpRoutes& routes) {
  for (const Route<Handler>& route : table)
    routes.add(route.method, route.path,
               [handler, answer = route.answer](HttpCall& call) { return answer(*handler, call); });
}

}  // namespace

void add_inference_routes(std::shared_ptr<InferenceApisHandler> handler, edge::HttpRoutes& routes) {
  add(kInference, handler, routes);
  for (const char* prefix : {"/ping", "/predictions/"}) routes.write_errors(prefix, error_response);
}

void add_management_routes(std::shared_ptr<ManagementApisHandler> handler, edge::HttpRoutes& routes) {
  add(kManagement, handler, routes);
  routes.write_errors("/models", error_response);
}

}  // namespace parlance::dialects::torchserve
