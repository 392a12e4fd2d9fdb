#include "dialects/kserve/rest/control.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "dialects/json_output.h"
#include "dialects/kserve/rest/fields_of_json.h"
#include "dialects/kserve/rest/message.h"
#include "grpc/base64.h"

namespace parlance::dialects::kserve::rest {
namespace {

namespace dom = simdjson::dom;
using namespace ::inference;
using edge::HttpCall;
using edge::HttpResponse;

/// A request's object; an empty body is an empty one.
class Body {
 public:
  static Result<Body> of(const HttpCall& call) {
    const std::string& body = call.request().body;
    const bool is_blank = body.find_first_not_of(" \t\r\n") == std::string::npos;
    Result<JsonDocument> document = JsonDocument::parse(is_blank ? "{}" : body, "send an object");
    if (!document) return std::unexpected{std::move(document).error()};
    dom::object object;
    if (document->root().get(object) != simdjson::SUCCESS)
      return must_be("the request", "an object", document->root());
    return Body{*std::move(document), object};
  }
  dom::object object() const { return object_; }

 private:
  Body(JsonDocument document, dom::object object) : document_(std::move(document)), object_(object) {}

  JsonDocument document_;
  dom::object object_;
};

Buffer serialized(const google::protobuf::Message& message) {
  return Buffer::adopt(message.SerializeAsString());
}

/// A field that is a number; 0 when it is missing.
Result<std::uint64_t> number_of(dom::object object, std::string_view name) {
  const auto element = find(object, name);
  if (!element) return 0;
  if (const auto number = dialects::number_of<std::uint64_t>(*element)) return *number;
  return must_be(concat("\"", name, "\""), "a whole number, not negative", element);
}

Result<std::string> decoded(std::string_view name, std::string_view base64) {
  auto bytes = grpc::base64_decode(base64);
  if (!bytes) return invalid(concat("\"", name, "\" is not base64"));
  return *std::move(bytes);
}

Status set(std::string_view name, dom::element value, ModelRepositoryParameter& parameter) {
  std::string_view text;
  bool flag = false;
  std::int64_t number = 0;
  if (value.get(text) == simdjson::SUCCESS) {
    if (!name.starts_with("file:")) return parameter.set_string_param(std::string{text}), Status{};
    Result<std::string> bytes = decoded(name, text);
    if (!bytes) return bytes.error();
    parameter.set_bytes_param(*std::move(bytes));
  } else if (value.get(flag) == simdjson::SUCCESS) {
    parameter.set_bool_param(flag);
  } else if (value.get(number) == simdjson::SUCCESS) {
    parameter.set_int64_param(number);
  } else {
    return must_be(concat("Parameter \"", name, "\""), "a text, a whole number, true or false", value)
        .error();
  }
  return {};
}

template <typename Request>
Result<Buffer> read_control_request(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  Request request;
  request.set_repository_name(std::string{call.parameter("repository")});
  request.set_model_name(std::string{call.parameter("model")});
  const auto parameters = find_object(body->object(), "parameters", "the request");
  if (!parameters) return std::unexpected{parameters.error()};
  if (*parameters) {
    for (const auto [name, value] : **parameters) {
      Status status = set(name, value, (*request.mutable_parameters())[std::string{name}]);
      if (!status.ok()) return std::unexpected{std::move(status)};
    }
  }
  return serialized(request);
}

Status set(dom::element value, TraceSettingRequest::SettingValue& setting) {
  dom::array array;
  if (value.is_null()) return {};
  if (value.get(array) != simdjson::SUCCESS) {
    std::string_view text;
    const bool is_text = value.get(text) == simdjson::SUCCESS;
    return setting.add_value(is_text ? std::string{text} : simdjson::minify(value)), Status{};
  }
  for (const dom::element each : array) {
    std::string_view text;
    if (each.get(text) != simdjson::SUCCESS) return must_be("a setting of several", "texts", each).error();
    setting.add_value(std::string{text});
  }
  return {};
}

Status set(std::string_view name, dom::element value, LogSettingsRequest::SettingValue& setting) {
  std::string_view text;
  bool flag = false;
  if (value.get(text) == simdjson::SUCCESS) return setting.set_string_param(std::string{text}), Status{};
  if (value.get(flag) == simdjson::SUCCESS) return setting.set_bool_param(flag), Status{};
  if (const auto number = dialects::number_of<std::uint32_t>(value))
    return setting.set_uint32_param(*number), Status{};
  return must_be(concat("\"", name, "\""), "a text, a whole number, true or false", value).error();
}

HttpResponse as_json(std::string body) {
  return {.content_type = "application/json", .body = std::move(body)};
}

/// The values of a map whose keys they have as names.
template <typename Map>
std::string sorted_values(const Map& map) {
  std::map<std::string_view, std::string> sorted;
  for (const auto& [name, value] : map) sorted[name] = to_json(value);
  std::string json = "[";
  for (const auto& [name, value] : sorted) json += (json.size() > 1 ? "," : "") + value;
  return json += ']';
}

/// {name: what append(value, json) writes, …}, by name.
template <typename Map, typename Append>
std::string object_of(const Map& map, const Append& append) {
  std::map<std::string_view, decltype(&map.begin()->second)> sorted;
  for (const auto& [name, value] : map) sorted[name] = &value;
  std::string json;
  for (const auto& [name, value] : sorted) {
    json += json.empty() ? '{' : ',';
    append_json(json, name);
    json += ':';
    append(name, *value, json);
  }
  return json.empty() ? "{}" : json += '}';
}

}  // namespace

Result<Buffer> read_index_request(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  RepositoryIndexRequest request;
  request.set_repository_name(std::string{call.parameter("repository")});
  bool ready = false;
  const auto element = find(body->object(), "ready");
  if (element && element->get(ready) != simdjson::SUCCESS) return must_be("\"ready\"", "a bool", element);
  request.set_ready(ready);
  return serialized(request);
}

Result<Buffer> read_load_request(const HttpCall& call) {
  return read_control_request<RepositoryModelLoadRequest>(call);
}
Result<Buffer> read_unload_request(const HttpCall& call) {
  return read_control_request<RepositoryModelUnloadRequest>(call);
}

Result<Buffer> read_system_region(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  const auto key = text_of(body->object(), "key", "the request");
  if (!key) return std::unexpected{key.error()};
  const auto offset = number_of(body->object(), "offset");
  const auto byte_size = number_of(body->object(), "byte_size");
  if (!offset) return std::unexpected{offset.error()};
  if (!byte_size) return std::unexpected{byte_size.error()};
  SystemSharedMemoryRegisterRequest request;
  request.set_name(std::string{call.parameter("region")});
  request.set_key(std::string{*key});
  request.set_offset(*offset);
  request.set_byte_size(*byte_size);
  return serialized(request);
}

Result<Buffer> read_cuda_region(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  const auto handle = find_object(body->object(), "raw_handle", "the request");
  if (!handle) return std::unexpected{handle.error()};
  const auto base64 = *handle ? text_of(**handle, "b64", "\"raw_handle\"") : Result<std::string_view>{""};
  if (!base64) return std::unexpected{base64.error()};
  Result<std::string> bytes = decoded("raw_handle", *base64);
  const auto device = number_of(body->object(), "device_id");
  const auto byte_size = number_of(body->object(), "byte_size");
  if (!bytes) return std::unexpected{bytes.error()};
  if (!device) return std::unexpected{device.error()};
  if (!byte_size) return std::unexpected{byte_size.error()};
  CudaSharedMemoryRegisterRequest request;
  request.set_name(std::string{call.parameter("region")});
  request.set_raw_handle(*std::move(bytes));
  request.set_device_id(static_cast<std::int64_t>(*device));
  request.set_byte_size(*byte_size);
  return serialized(request);
}

Result<Buffer> read_trace_settings(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  TraceSettingRequest request;
  request.set_model_name(std::string{call.parameter("model")});
  for (const auto [name, value] : body->object()) {
    Status status = set(value, (*request.mutable_settings())[std::string{name}]);
    if (!status.ok()) return std::unexpected{std::move(status)};
  }
  return serialized(request);
}

Result<Buffer> read_log_settings(const HttpCall& call) {
  const Result<Body> body = Body::of(call);
  if (!body) return std::unexpected{body.error()};
  LogSettingsRequest request;
  for (const auto [name, value] : body->object()) {
    if (value.is_null()) continue;
    Status status = set(name, value, (*request.mutable_settings())[std::string{name}]);
    if (!status.ok()) return std::unexpected{std::move(status)};
  }
  return serialized(request);
}

HttpResponse write_index(const RepositoryIndexResponse& answer, const HttpCall&) {
  return as_json(elements_to_json(answer));
}

HttpResponse write_config(const ModelConfigResponse& answer, const HttpCall&) {
  return as_json(to_json(answer.config()));
}

HttpResponse write_system_regions(const SystemSharedMemoryStatusResponse& answer, const HttpCall&) {
  return as_json(sorted_values(answer.regions()));
}
HttpResponse write_cuda_regions(const CudaSharedMemoryStatusResponse& answer, const HttpCall&) {
  return as_json(sorted_values(answer.regions()));
}

HttpResponse write_trace_settings(const TraceSettingResponse& answer, const HttpCall&) {
  return as_json(
      object_of(answer.settings(), [](std::string_view name, const auto& setting, std::string& json) {
        if (name == "trace_level") {
          json += elements_to_json(setting);
        } else {
          append_json(json, std::string_view{setting.value_size() > 0 ? setting.value(0) : std::string{}});
        }
      }));
}

HttpResponse write_log_settings(const LogSettingsResponse& answer, const HttpCall&) {
  return as_json(object_of(answer.settings(), [](std::string_view, const auto& setting, std::string& json) {
    if (setting.has_bool_param()) {
      append_json(json, setting.bool_param());
    } else if (setting.has_uint32_param()) {
      append_json(json, setting.uint32_param());
    } else {
      append_json(json, std::string_view{setting.string_param()});
    }
  }));
}

}  // namespace parlance::dialects::kserve::rest
