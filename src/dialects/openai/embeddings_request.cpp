// POST /v1/embeddings, read.

#include "dialects/openai/error_body.h"
#include "dialects/openai/field_reader.h"
#include "dialects/openai/prompts.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {

Result<EmbeddingsRequest> parse_embeddings(std::string_view body, const RequestLimits& limits) {
  const Result<json> object = parse_object(body, limits);
  if (!object) return std::unexpected{object.error()};
  FieldReader reader{*object};
  EmbeddingsRequest request;
  request.model = reader.required_text("model");
  request.inputs = read_prompts(reader, "input", limits);
  const std::string format = reader.text("encoding_format").value_or("float");
  request.as_base64 = format == "base64";
  if (!request.as_base64 && format != "float") {
    reader.fail(invalid_field("encoding_format", "'encoding_format' must be 'float' or 'base64'"));
  }
  if (const auto dimensions = reader.integer("dimensions", 1, INT32_MAX)) {
    request.dimensions = static_cast<std::size_t>(*dimensions);
  }
  request.truncate = reader.integer("truncate_prompt_tokens", -1, -1).has_value();
  if (!reader.error().ok()) return std::unexpected{reader.error()};
  return request;
}

}  // namespace parlance::dialects::openai
