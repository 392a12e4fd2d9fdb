#include "dialects/openai/generation_fields.h"

#include <charconv>

#include "base/concat.h"
#include "dialects/openai/error_body.h"
#include "dialects/openai/format_fields.h"

namespace parlance::dialects::openai {
namespace {

constexpr double kMostTemperature = 2;
constexpr double kMostPenalty = 2;
constexpr double kMostBias = 100;

float read_float(FieldReader& reader, const char* name, double least, double most, float otherwise) {
  return static_cast<float>(reader.number(name, least, most).value_or(otherwise));
}

// {"50256": -100}
void read_biases(FieldReader& reader, generation::SamplingOptions& sampling) {
  const json* biases = reader.find("logit_bias");
  if (biases == nullptr) return;
  const auto wrong = [&] {
    reader.fail(invalid_field(
        "logit_bias", concat("'logit_bias' must be an object of at most ", generation::kMaxLogitBiases,
                             " tokens, each with a number from -100 to 100")));
  };
  if (!biases->is_object() || biases->size() > generation::kMaxLogitBiases) return wrong();
  for (const auto& [name, value] : biases->items()) {
    generation::Token token = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), token);
    const bool is_token = error == std::errc{} && end == name.data() + name.size() && token >= 0;
    const double bias = value.is_number() ? value.get<double>() : 2 * kMostBias;
    if (!is_token || bias < -kMostBias || bias > kMostBias) return wrong();
    sampling.logit_bias.emplace_back(token, static_cast<float>(bias));
  }
}

void read_sampling(FieldReader& reader, GenerationFields& fields) {
  generation::SamplingOptions& sampling = fields.sampling;
  sampling.temperature = read_float(reader, "temperature", 0, kMostTemperature, 1);
  sampling.top_p = read_float(reader, "top_p", 0, 1, 1);
  sampling.presence_penalty = read_float(reader, "presence_penalty", -kMostPenalty, kMostPenalty, 0);
  sampling.frequency_penalty = read_float(reader, "frequency_penalty", -kMostPenalty, kMostPenalty, 0);
  // Extras, as vLLM has them.
  sampling.min_p = read_float(reader, "min_p", 0, 1, 0);
  sampling.repetition_penalty = read_float(reader, "repetition_penalty", 0.01, 10, 1);
  const auto top_k = reader.integer("top_k", -1, INT32_MAX);
  sampling.top_k = top_k && *top_k > 0 ? static_cast<std::uint32_t>(*top_k) : 0;
  read_biases(reader, sampling);
  if (const auto seed = reader.integer("seed", INT64_MIN, INT64_MAX)) {
    fields.has_seed = true;
    sampling.seed = static_cast<std::uint64_t>(*seed);
  }
}

void read_stop(FieldReader& reader, GenerationFields& fields, const RequestLimits& limits) {
  const json* stop = reader.find("stop");
  if (stop == nullptr) return;
  const auto wrong = [&] {
    reader.fail(invalid_field("stop", concat("'stop' must be a string or an array of at most ",
                                             limits.max_stops, " strings, none of them empty")));
  };
  if (!stop->is_string() && !stop->is_array()) return wrong();
  const json list = stop->is_string() ? json::array({*stop}) : *stop;
  if (list.size() > limits.max_stops) return wrong();
  for (const json& text : list) {
    if (!text.is_string() || text.get_ref<const std::string&>().empty()) return wrong();
    fields.stop.push_back(text);
  }
}

void read_streaming(FieldReader& reader, GenerationFields& fields) {
  fields.stream = reader.flag("stream");
  const json* options = reader.find("stream_options");
  if (options == nullptr) return;
  if (!fields.stream) {
    return reader.fail(
        invalid_field("stream_options", "'stream_options' is only allowed with 'stream': true"));
  }
  if (!options->is_object()) {
    return reader.fail(invalid_field("stream_options", "'stream_options' must be an object"));
  }
  FieldReader inner{*options};
  fields.include_usage = inner.flag("include_usage");
  if (!inner.error().ok()) reader.fail(inner.error());
}

}  // namespace

GenerationFields read_generation_fields(FieldReader& reader, std::string_view body,
                                        const RequestLimits& limits) {
  GenerationFields fields;
  fields.model = reader.required_text("model");
  fields.n = static_cast<unsigned>(reader.integer("n", 1, limits.max_n).value_or(1));
  fields.include_stop = reader.flag("include_stop_str_in_output");
  fields.ignore_end = reader.flag("ignore_eos");
  fields.priority = static_cast<std::uint32_t>(reader.integer("priority", 0, UINT32_MAX).value_or(0));
  read_sampling(reader, fields);
  read_stop(reader, fields, limits);
  read_streaming(reader, fields);
  read_format(reader, body, fields);
  return fields;
}

}  // namespace parlance::dialects::openai
