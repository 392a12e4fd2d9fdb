#include "app/admin_http.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "app/model_health.h"
#include "base/version.h"
#include "dialects/management/model_messages.h"

namespace parlance::app {
namespace {

using dialects::management::ModelDescriber;
using edge::HttpRequest;
using edge::HttpResponse;
using nlohmann::json;

constexpr const char* kJson = "application/json";

HttpResponse json_response(unsigned status, const json& body) {
  return {.status = status, .content_type = kJson, .body = body.dump(2) + "\n"};
}

HttpResponse json_response(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string body;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &body, options);
  if (!printed.ok()) return {.status = 500, .body = "the answer cannot be written as JSON\n"};
  return {.content_type = kJson, .body = std::move(body)};
}

HttpResponse error_response(unsigned status, std::string_view why) {
  return json_response(status, {{"error", why}});
}

bool serves(const services::HealthRegistry& health, std::string_view service) {
  return health.status(service) == services::ServingStatus::kServing;
}

// "FAILED: model.onnx: the file is empty", the states of several versions one behind the other.
std::string why_not_ready(const models::Repository& models, const std::string& model) {
  std::string why;
  for (const models::VersionStatus& status : models.versions()) {
    if (status.model != model) continue;
    why += why.empty() ? "" : "; ";
    if (status.version != 0) why += fmt::format("version {} is ", status.version);
    why += to_string(status.state);
    if (!status.reason.empty()) why += ": " + status.reason;
  }
  return why.empty() ? "it is not in the repository" : why;
}

json missing_models(const models::Repository& models) {
  json missing = json::array();
  for (const std::string& model : models.required()) {
    if (!models.ready(model)) missing.push_back({{"model", model}, {"why", why_not_ready(models, model)}});
  }
  return missing;
}

HttpResponse live(const services::HealthRegistry& health) {
  const bool is_live = serves(health, kLive);
  return json_response(is_live ? 200 : 503, {{"live", is_live}});
}

// What gRPC health says of "", and what is missing.
HttpResponse ready(const models::Repository& models, const services::HealthRegistry& health) {
  json body{{"ready", serves(health, "")}, {"missing", missing_models(models)}};
  if (health.is_shut_down()) {
    body["why"] = "the server is draining";
  } else if (!body["ready"] && models.required().empty()) {
    body["why"] = "no model is loaded yet, and none is required";
  }
  return json_response(body["ready"] ? 200 : 503, body);
}

std::expected<std::int64_t, std::string> number_of(const HttpRequest& request, std::string_view name) {
  const std::string_view text = request.query_value(name).value_or("0");
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) {
    return std::unexpected{fmt::format("{}={} is not a whole number from 0", name, text)};
  }
  return number;
}

HttpResponse batches(const ModelDescriber& models, const HttpRequest& request) {
  const auto version = number_of(request, "version");
  if (!version) return error_response(400, version.error());
  const auto limit = number_of(request, "limit");
  if (!limit) return error_response(400, limit.error());
  const auto found =
      models.batches(request.query_value("model").value_or(""), *version, static_cast<std::size_t>(*limit));
  if (!found)
    return error_response(found.error().code() == StatusCode::kNotFound ? 404 : 503, found.error().message());
  return json_response(*found);
}

HttpResponse models(const ModelDescriber& describer, const HttpRequest& request) {
  const auto name = request.query_value("model");
  if (!name) return json_response(describer.list({}));
  const auto model = describer.describe(*name, 0);
  if (!model) return error_response(404, model.error().message());
  return json_response(*model);
}

constexpr const char* kIndex =
    "  /metrics                      Prometheus\n"
    "  /health/live  /livez          200 until the server drains\n"
    "  /health/ready /readyz         200 while every required model is ready, else 503 and what is missing\n"
    "  /models[?model=]              models and versions, JSON\n"
    "  /batches[?model=&version=&limit=]  why each of the last batches was run when it was, JSON\n"
    "\n"
    "gRPC on the same address: parlance.management.v1.ModelManagement (`parlance models`),\n"
    "grpc.health.v1.Health, grpc.channelz.v1.Channelz, reflection.\n";

}  // namespace

edge::HttpRoutes admin_routes(const MetricSources& sources, const services::HealthRegistry& health) {
  edge::HttpRoutes routes;
  const auto describer = ModelDescriber{sources.models, sources.scheduler};
  const auto answer_live = [&health](const HttpRequest&) { return live(health); };
  const auto answer_ready = [sources, &health](const HttpRequest&) { return ready(sources.models, health); };
  routes.get("/", [](const HttpRequest&) {
    return HttpResponse{.body = fmt::format("parlance {}: the admin address\n\n{}", kVersion, kIndex)};
  });
  routes.get("/metrics", [sources](const HttpRequest&) {
    return HttpResponse{.content_type = kMetricsContentType, .body = metrics_text(sources)};
  });
  routes.get("/health/live", answer_live);
  routes.get("/livez", answer_live);
  routes.get("/health/ready", answer_ready);
  routes.get("/readyz", answer_ready);
  routes.get("/models", [describer](const HttpRequest& request) { return models(describer, request); });
  routes.get("/batches", [describer](const HttpRequest& request) { return batches(describer, request); });
  return routes;
}

}  // namespace parlance::app
