#include "dialects/tfserving/rest_service.h"

#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/errors.h"
#include "dialects/tfserving/json_request.h"
#include "dialects/tfserving/json_response.h"
#include "dialects/tfserving/metadata.h"
#include "dialects/tfserving/model_choice.h"
#include "dialects/tfserving/model_status.h"
#include "dialects/tfserving/predict.h"
#include "dialects/tfserving/run_examples.h"
#include "dialects/tfserving/signatures.h"
#include "dialects/version_states.h"
#include "edge/http_status.h"
#include "rpc/offload.h"

namespace parlance::dialects::tfserving {
namespace {

using edge::HttpCall;
using edge::HttpResponse;

/// Bodies up to so many bytes are read on the call's loop, in some tenths of a millisecond; a worker reads
/// longer ones.
constexpr std::size_t kReadOnLoopBytes = std::size_t{64} << 10;

HttpResponse as_json(std::string body) {
  return {.content_type = "application/json", .body = std::move(body)};
}

HttpResponse error_response(const Status& status) {
  return {.status = edge::http_status_of(status),
          .content_type = "application/json",
          .body = error_body(status.message())};
}

/// Of the route's parameters.
Result<ModelChoice> choice_of(const HttpCall& call) {
  ModelChoice choice{.name = call.parameter("model"), .version = {}, .label = {}};
  if (const std::string_view label = call.parameter("label"); !label.empty()) choice.label = label;
  const std::string_view version = call.parameter("version");
  if (version.empty()) return choice;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
  if (error != std::errc{} || end != version.data() + version.size())
    return invalid(concat("Failed to convert version: ", version, " to numeric."));
  choice.version = number;
  return choice;
}

Result<models::ModelHandle> find(const models::Repository& repository, const HttpCall& call) {
  const Result<ModelChoice> choice = choice_of(call);
  if (!choice) return std::unexpected{choice.error()};
  return find_model(repository, *choice);
}

Task<Result<JsonPredict>> read(scheduling::Scheduler& scheduler, const models::ModelHandle& model,
                               std::string_view body) {
  const auto find = [&](std::string_view name) { return predict_signature(model, name); };
  auto work = [&] { return read_predict(body, find); };
  if (body.size() <= kReadOnLoopBytes) co_return work();
  co_return co_await offload(scheduler.workers(), work);
}

}  // namespace

Task<Result<HttpResponse>> RestService::status(HttpCall& call) const {
  const Result<ModelChoice> choice = choice_of(call);
  if (!choice) co_return choice.error();
  const auto versions = model_status(repository_, *choice);
  if (!versions) co_return versions.error();
  const nlohmann::ordered_json body{{"model_version_status", version_states(*versions)}};
  co_return as_json(body.dump(4, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Task<Result<HttpResponse>> RestService::metadata(HttpCall& call) const {
  const Result<models::ModelHandle> model = find(repository_, call);
  if (!model) co_return model.error();
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string defs;
  (void)google::protobuf::util::MessageToJsonString(signature_defs(*model), &defs, options);
  const nlohmann::ordered_json body{
      {"model_spec",
       {{"name", model->model()}, {"signature_name", ""}, {"version", std::to_string(model->version())}}},
      {"metadata", {{"signature_def", nlohmann::ordered_json::parse(defs)}}}};
  co_return as_json(body.dump(4));
}

Task<Result<HttpResponse>> RestService::predict(HttpCall& call) const {
  Result<models::ModelHandle> model = find(repository_, call);
  if (!model) co_return model.error();
  Task<Result<JsonPredict>> reading = read(scheduler_, *model, call.request().body);
  Result<JsonPredict> wanted = co_await std::move(reading);
  if (!wanted) co_return wanted.error();
  Task<Result<models::Tensors>> running =
      tfserving::predict(call, repository_, scheduler_, *std::move(model), std::move(wanted->signature),
                         std::move(wanted->inputs));
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  Result<std::string> body = predict_body(wanted->format, *outputs);
  if (!body) co_return body.error();
  co_return as_json(*std::move(body));
}

Task<Result<HttpResponse>> RestService::classify(HttpCall& call) const {
  Result<models::ModelHandle> model = find(repository_, call);
  if (!model) co_return model.error();
  const Result<JsonExamples> request = JsonExamples::read(call.request().body);
  if (!request) co_return request.error();
  const Result<std::size_t> output = classify_output(*model, request->signature());
  if (!output) co_return output.error();
  const models::Labels labels = model->labels();
  Task<Result<models::Tensors>> running =
      run_examples(call, scheduler_, *std::move(model), request->examples());
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  co_return as_json(classify_body((*outputs)[*output], labels));
}

Task<Result<HttpResponse>> RestService::regress(HttpCall& call) const {
  Result<models::ModelHandle> model = find(repository_, call);
  if (!model) co_return model.error();
  const Result<JsonExamples> request = JsonExamples::read(call.request().body);
  if (!request) co_return request.error();
  const Result<std::size_t> output = regress_output(*model, request->signature());
  if (!output) co_return output.error();
  Task<Result<models::Tensors>> running =
      run_examples(call, scheduler_, *std::move(model), request->examples());
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  co_return as_json(regress_body((*outputs)[*output]));
}

void add_routes(std::shared_ptr<const RestService> service, edge::HttpRoutes& routes) {
  using Handler = Task<Result<HttpResponse>> (RestService::*)(HttpCall&) const;
  const auto add = [&](const char* method, std::string path, Handler handler) {
    routes.write_errors(path, error_response);
    routes.add(method, std::move(path),
               [service, handler](HttpCall& call) { return ((*service).*handler)(call); });
  };
  const std::string model = "/v1/models/{model}";
  for (const std::string& choice : {model, model + "/versions/{version}", model + "/labels/{label}"}) {
    if (choice != model) add("GET", choice, &RestService::status);
    add("GET", choice + "/metadata", &RestService::metadata);
    add("POST", choice + ":predict", &RestService::predict);
    add("POST", choice + ":classify", &RestService::classify);
    add("POST", choice + ":regress", &RestService::regress);
  }
}

}  // namespace parlance::dialects::tfserving
