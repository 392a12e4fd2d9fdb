#include "dialects/kserve/text_request.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/concat.h"
#include "dialects/kserve/bad_input.h"
#include "dialects/kserve/errors.h"
#include "dialects/kserve/infer_parameters.h"
#include "models/byte_elements.h"
#include "net/random.h"

namespace parlance::dialects::kserve {
namespace {

using Request = ::inference::ModelInferRequestView;
using Input = Request::InferInputTensor;
using Parameter = ::inference::InferParameterView;

constexpr std::string_view kTextInput = "text_input";

/// [1] in Triton's models of texts; here any shape of one element will do.
models::TensorSpec spec_of(const Input& input) {
  std::size_t rank = 0;
  bool is_one = true;
  for (const std::int64_t dimension : input.shape()) {
    ++rank;
    is_one = is_one && dimension == 1;
  }
  return {std::string{kTextInput}, models::DataType::kBytes, models::Shape(is_one ? rank : 1, 1)};
}

Result<std::string> text_of(const Request& request, const Input& input, std::optional<Bytes> raw) {
  const Result<models::Shape> shape = read_shape(request, input, spec_of(input));
  if (!shape) return std::unexpected{shape.error()};
  if (raw) {
    Status status = check_values(request, kTextInput, models::DataType::kBytes, 1, *raw);
    if (!status.ok()) return std::unexpected{std::move(status)};
    return std::string{models::split_elements(*raw).front()};
  }
  const auto contents = input.contents().bytes_contents();
  if (contents.size() != 1) return wrong_elements(request, kTextInput, 1, contents.size());
  return std::string{as_text(*contents.begin())};
}

/// The text, of whichever input has it; all inputs are known ones.
Result<std::string> find_text(const Request& request, std::span<const models::TensorSpec> specs) {
  const auto raw = request.raw_input_contents();
  if (Status status = check_raw_contents(request); !status.ok()) return std::unexpected{std::move(status)};
  std::optional<Result<std::string>> text;
  auto next_raw = raw.begin();
  for (const Input input : request.inputs()) {
    if (input.name() == kTextInput) {
      if (text) return std::unexpected{check_names(request, specs)};
      if (is_in_shared_memory(input))
        return not_served(concat("Input \"", kTextInput, "\" is a text, which comes in the request only"));
      text = text_of(request, input, raw.empty() ? std::nullopt : std::optional<Bytes>{*next_raw});
    } else if (input.name() != "stream") {
      return unexpected_input(request, input.name(), specs);
    }
    if (!raw.empty() && !is_in_shared_memory(input)) ++next_raw;
  }
  if (!text) return std::unexpected{check_names(request, specs)};
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
    if (!value) return wrong_kind(name, "double_param").error();
    options.*number.at = static_cast<float>(*value);
  }
  return {};
}

Status read_count(std::string_view name, const Parameter& parameter, text::GenerateRequest& request) {
  const Result<std::uint64_t> value = whole_number(name, parameter);
  if (!value) return value.error();
  if (name == "seed") request.sampling.seed = *value;
  if (name == "top_k")
    request.sampling.top_k = static_cast<std::uint32_t>(std::min<std::uint64_t>(*value, UINT32_MAX));
  if (name == "max_tokens" && *value > 0) request.max_tokens = *value;
  return {};
}

Status read(std::string_view name, const Parameter& parameter, text::GenerateRequest& request) {
  if (name == "max_tokens" || name == "top_k" || name == "seed") return read_count(name, parameter, request);
  if (name == "stop") {
    if (!parameter.has_string_param()) return wrong_kind(name, "string_param").error();
    request.stop = {std::string{parameter.string_param()}};
  } else if (name == "json_schema" || name == "regex") {
    if (!parameter.has_string_param()) return wrong_kind(name, "string_param").error();
    const auto kind =
        name == "regex" ? models::TextFormat::Kind::kRegex : models::TextFormat::Kind::kJsonSchema;
    request.format = {.kind = kind, .text = std::string{parameter.string_param()}};
  } else if (name == "ignore_eos") {
    if (!parameter.has_bool_param()) return wrong_kind(name, "bool_param").error();
    request.ignore_end = parameter.bool_param();
  }
  return read_number(name, parameter, request.sampling);
}

}  // namespace

Result<text::GenerateRequest> to_generate_request(models::ModelHandle model,
                                                  const ::inference::ModelInferRequestView& request,
                                                  Deadline deadline, std::uint32_t priority) {
  Result<std::string> prompt = find_text(request, model.signature().inputs);
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
