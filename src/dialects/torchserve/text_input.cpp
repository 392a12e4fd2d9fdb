#include "dialects/torchserve/text_input.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_document.h"
#include "net/random.h"

namespace parlance::dialects::torchserve {
namespace {

namespace dom = simdjson::dom;

bool is_object(std::string_view input) {
  const std::size_t first = input.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && input[first] == '{';
}

Status must_be(std::string_view name, std::string_view what, dom::element got) {
  return invalid(concat(name, " must be ", what, ", got ", kind_of(got))).error();
}

Status read(std::string_view name, dom::element element, std::string& text) {
  std::string_view value;
  if (element.get(value) != simdjson::SUCCESS) return must_be(name, "a text", element);
  text = value;
  return {};
}

Status read(std::string_view name, dom::element element, bool& value) {
  if (element.get(value) != simdjson::SUCCESS) return must_be(name, "true or false", element);
  return {};
}

Status read(std::string_view name, dom::element element, float& number) {
  double value = 0;
  if (element.get(value) != simdjson::SUCCESS) return must_be(name, "a number", element);
  number = static_cast<float>(value);
  return {};
}

template <std::unsigned_integral T>
Status read_whole(std::string_view name, dom::element element, T least, T& number) {
  std::uint64_t value = 0;
  const bool is_whole = element.get(value) == simdjson::SUCCESS;
  if (is_whole && value >= least && value <= std::numeric_limits<T>::max()) {
    number = static_cast<T>(value);
    return {};
  }
  const std::string got = element.is_number() ? simdjson::minify(element) : std::string{kind_of(element)};
  return invalid(concat(name, " must be a whole number from ", least, " to ", std::numeric_limits<T>::max(),
                        ", got ", got))
      .error();
}

Status read_stop(dom::element element, std::vector<std::string>& stop) {
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return read("stop", element, stop.emplace_back());
  for (const dom::element each : array) {
    if (Status status = read("stop", each, stop.emplace_back()); !status.ok()) return status;
  }
  return {};
}

Status read_field(std::string_view name, dom::element element, text::GenerateRequest& request) {
  if (name == "prompt") return read(name, element, std::get<std::string>(request.prompt));
  if (name == "max_tokens" || name == "max_new_tokens")
    return read_whole<std::size_t>(name, element, 1, request.max_tokens);
  if (name == "temperature") return read(name, element, request.sampling.temperature);
  if (name == "top_p") return read(name, element, request.sampling.top_p);
  if (name == "top_k") return read_whole<std::uint32_t>(name, element, 0, request.sampling.top_k);
  if (name == "seed") return read_whole<std::uint64_t>(name, element, 0, request.sampling.seed);
  if (name == "stop") return read_stop(element, request.stop);
  if (name == "json_schema") {
    request.format = {.text = element.is_object() ? simdjson::minify(element) : std::string{}};
    return element.is_object() ? Status{} : must_be(name, "an object", element);
  }
  if (name == "regex") {
    request.format = {.kind = models::TextFormat::Kind::kRegex};
    return read(name, element, request.format->text);
  }
  return {};
}

Status read_field(std::string_view name, dom::element element, text::EmbedRequest& request) {
  if (name == "text") return read(name, element, std::get<std::string>(request.text));
  if (name == "normalize") return read(name, element, request.normalize);
  return {};
}

/// null is as good as not there.
template <typename Request>
Status read_object(std::string_view input, std::string_view needed, Request& request) {
  const std::string hint =
      concat("text that begins with a brace goes into an object: {\"", needed, "\": \"{...\"}");
  const Result<JsonDocument> document = JsonDocument::parse(input, hint);
  if (!document) return document.error();
  bool is_there = false;
  for (const dom::key_value_pair field : dom::object{document->root()}) {
    if (field.value.is_null()) continue;
    is_there = is_there || field.key == needed;
    if (Status status = read_field(field.key, field.value, request); !status.ok()) return status;
  }
  return is_there ? Status{} : invalid(concat("the JSON object has no \"", needed, "\"")).error();
}

}  // namespace

Result<text::GenerateRequest> to_generate_request(models::ModelHandle model, std::string_view input) {
  text::GenerateRequest request{.model = std::move(model),
                                .prompt = std::string{},
                                .max_tokens = text::kModelsMaxTokens,
                                .sampling = {.temperature = 0, .seed = net::thread_random()()}};
  if (!is_object(input)) {
    request.prompt = std::string{input};
    return request;
  }
  Status status = read_object(input, "prompt", request);
  if (!status.ok()) return std::unexpected{std::move(status)};
  return request;
}

Result<text::EmbedRequest> to_embed_request(models::ModelHandle model, std::string_view input) {
  text::EmbedRequest request{.model = std::move(model), .text = std::string{}};
  if (!is_object(input)) {
    request.text = std::string{input};
    return request;
  }
  Status status = read_object(input, "text", request);
  if (!status.ok()) return std::unexpected{std::move(status)};
  return request;
}

}  // namespace parlance::dialects::torchserve
