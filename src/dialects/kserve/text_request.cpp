#include "dialects/kserve/text_request.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/infer_parameters.h"
#include "models/shape.h"
#include "net/random.h"

namespace parlance::dialects::kserve {
namespace {

using Input = ::inference::ModelInferRequestView::InferInputTensor;
using Parameter = ::inference::InferParameterView;

constexpr std::string_view kTextInput = "text_input";
constexpr std::size_t kLengthBytes = 4;  // before each element of raw BYTES, little-endian

std::unexpected<Status> not_one_text(std::size_t observed) {
  return invalid(concat("Input \"", kTextInput, "\" must have one element, got ", observed));
}

Result<std::string> text_of_raw(Bytes raw) {
  const std::string_view bytes = as_text(raw);
  std::uint32_t length = 0;
  if (bytes.size() >= kLengthBytes) std::memcpy(&length, bytes.data(), kLengthBytes);
  if (bytes.size() < kLengthBytes || bytes.size() - kLengthBytes != length)
    return invalid(concat("Input \"", kTextInput,
                          "\" must be one element of raw BYTES: its length in 4 bytes, ",
                          "little-endian, and so many bytes; got ", bytes.size(), " bytes together"));
  return std::string{bytes.substr(kLengthBytes)};
}

Result<std::string> text_of(const Input& input, std::optional<Bytes> raw) {
  if (input.datatype() != "BYTES")
    return invalid(
        concat("Input \"", kTextInput, "\" must be of datatype BYTES, got \"", input.datatype(), "\""));
  models::Shape shape;
  for (const std::int64_t dimension : input.shape()) shape.push_back(dimension);
  if (const auto elements = models::element_count(shape); elements != 1)
    return not_one_text(elements.value_or(0));
  if (raw) return text_of_raw(*raw);
  const auto contents = input.contents().bytes_contents();
  if (contents.size() != 1) return not_one_text(contents.size());
  return std::string{as_text(*contents.begin())};
}

/// The text, of whichever input has it; all inputs are known ones.
Result<std::string> find_text(const ::inference::ModelInferRequestView& request) {
  const auto raw = request.raw_input_contents();
  if (Status status = check_raw_contents(request); !status.ok()) return std::unexpected{std::move(status)};
  std::optional<Result<std::string>> text;
  auto next_raw = raw.begin();
  for (const Input input : request.inputs()) {
    if (input.name() == kTextInput) {
      if (text) return invalid(concat("Input \"", kTextInput, "\" is given twice"));
      if (input.parameters().contains("shared_memory_region"))
        return not_served(concat("Input \"", kTextInput, "\" is a text, which comes in the request only"));
      text = text_of(input, raw.empty() ? std::nullopt : std::optional<Bytes>{*next_raw});
    } else if (input.name() != "stream") {
      return invalid(concat("There is no input \"", input.name(), "\"; the inputs are: text_input"));
    }
    if (!raw.empty()) ++next_raw;
  }
  if (!text) return invalid(concat("Input \"", kTextInput, "\" is missing"));
  return *std::move(text);
}

std::optional<double> number_of(const Parameter& parameter) {
  if (parameter.has_double_param()) return parameter.double_param();
  if (parameter.has_int64_param()) return static_cast<double>(parameter.int64_param());
  if (parameter.has_uint64_param()) return static_cast<double>(parameter.uint64_param());
  return std::nullopt;
}

struct Number {
  std::string_view name;
  float generation::SamplingOptions::* at;
};

constexpr Number kNumbers[] = {{"temperature", &generation::SamplingOptions::temperature},
                               {"top_p", &generation::SamplingOptions::top_p},
                               {"min_p", &generation::SamplingOptions::min_p},
                               {"repetition_penalty", &generation::SamplingOptions::repetition_penalty},
                               {"presence_penalty", &generation::SamplingOptions::presence_penalty},
                               {"frequency_penalty", &generation::SamplingOptions::frequency_penalty}};

Status read_number(std::string_view name, const Parameter& parameter, generation::SamplingOptions& options) {
  for (const Number& number : kNumbers) {
    if (number.name != name) continue;
    const std::optional<double> value = number_of(parameter);
    if (!value) return wrong_kind(name, "a number").error();
    options.*number.at = static_cast<float>(*value);
  }
  return {};
}

Status read_count(std::string_view name, const Parameter& parameter, text::GenerateRequest& request) {
  const std::optional<std::uint64_t> value = whole_number(parameter);
  if (!value) return wrong_kind(name, "a whole number, not negative").error();
  if (name == "seed") request.sampling.seed = *value;
  if (name == "top_k")
    request.sampling.top_k = static_cast<std::uint32_t>(std::min<std::uint64_t>(*value, UINT32_MAX));
  if (name == "max_tokens" && *value > 0) request.max_tokens = *value;
  return {};
}

Status read(std::string_view name, const Parameter& parameter, text::GenerateRequest& request) {
  if (name == "max_tokens" || name == "top_k" || name == "seed") return read_count(name, parameter, request);
  if (name == "stop") {
    if (!parameter.has_string_param()) return wrong_kind(name, "a text").error();
    request.stop = {std::string{parameter.string_param()}};
  } else if (name == "json_schema" || name == "regex") {
    if (!parameter.has_string_param()) return wrong_kind(name, "a text").error();
    const auto kind =
        name == "regex" ? models::TextFormat::Kind::kRegex : models::TextFormat::Kind::kJsonSchema;
    request.format = {.kind = kind, .text = std::string{parameter.string_param()}};
  } else if (name == "ignore_eos") {
    if (!parameter.has_bool_param()) return wrong_kind(name, "a bool").error();
    request.ignore_end = parameter.bool_param();
  }
  return read_number(name, parameter, request.sampling);
}

}  // namespace

Result<text::GenerateRequest> to_generate_request(models::ModelHandle model,
                                                  const ::inference::ModelInferRequestView& request,
                                                  Deadline deadline, std::uint32_t priority) {
  Result<std::string> prompt = find_text(request);
  if (!prompt) return std::unexpected{std::move(prompt).error()};
  text::GenerateRequest wanted{.model = std::move(model),
                               .prompt = *std::move(prompt),
                               .max_tokens = text::kModelsMaxTokens,
                               .sampling = {.seed = net::thread_random()()},
                               .deadline = deadline,
                               .priority = priority};
  for (const auto [name, parameter] : request.parameters()) {
    if (Status status = read(name, parameter, wanted); !status.ok())
      return std::unexpected{std::move(status)};
  }
  return wanted;
}

}  // namespace parlance::dialects::kserve
