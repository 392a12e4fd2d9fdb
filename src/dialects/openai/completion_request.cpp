// POST /v1/completions, read.

#include "base/concat.h"
#include "dialects/openai/error_body.h"
#include "dialects/openai/generation_fields.h"
#include "dialects/openai/prompts.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {
namespace {

constexpr std::size_t kDefaultMaxTokens = 16;  // OpenAI's

void read_logprobs(FieldReader& reader, GenerationFields& fields) {
  const auto logprobs = reader.integer("logprobs", 0, generation::kMaxTopLogprobs);
  if (!logprobs) return;
  fields.logprobs = true;
  fields.sampling.top_logprobs = static_cast<std::uint32_t>(*logprobs);
}

void refuse_what_is_not_done(FieldReader& reader, const CompletionRequest& request) {
  if (reader.text("suffix").value_or("") != "") {
    reader.fail(unsupported_field("suffix", "'suffix' is not supported: models here write on"));
  }
  if (const auto best_of = reader.integer("best_of", 1, INT32_MAX); best_of && *best_of != request.fields.n) {
    reader.fail(unsupported_field("best_of", "'best_of' other than 'n' is not supported"));
  }
  if (request.echo && request.fields.logprobs) {
    reader.fail(unsupported_field("logprobs", "'logprobs' of a prompt ('echo') are not supported"));
  }
}

}  // namespace

Result<CompletionRequest> parse_completion(std::string_view body, const RequestLimits& limits) {
  const Result<json> object = parse_object(body, limits);
  if (!object) return std::unexpected{object.error()};
  FieldReader reader{*object};
  CompletionRequest request;
  request.fields = read_generation_fields(reader, body, limits);
  const auto max_tokens = reader.integer("max_tokens", 1, INT32_MAX);
  request.fields.max_tokens = static_cast<std::size_t>(max_tokens.value_or(kDefaultMaxTokens));
  read_logprobs(reader, request.fields);
  request.prompts = read_prompts(reader, "prompt", limits);
  request.echo = reader.flag("echo");
  refuse_what_is_not_done(reader, request);
  if (request.prompts.size() * request.fields.n > limits.max_inputs) {
    reader.fail(invalid_field("n", concat("'n' of all prompts together may be ", limits.max_inputs)));
  }
  if (!reader.error().ok()) return std::unexpected{reader.error()};
  return request;
}

}  // namespace parlance::dialects::openai
