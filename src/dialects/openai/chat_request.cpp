// POST /v1/chat/completions, read.

#include <utility>

#include "base/concat.h"
#include "dialects/openai/error_body.h"
#include "dialects/openai/generation_fields.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {
namespace {

using nlohmann::ordered_json;

// [{"type": "text", "text": "…"}, …] as the texts, a line each, as vLLM joins them.
Result<std::string> text_of_parts(const json& parts, const std::string& param) {
  std::string text;
  for (const json& part : parts) {
    const auto type = part.is_object() ? part.find("type") : part.end();
    if (!part.is_object() || type == part.end()) {
      return std::unexpected{invalid_field(param, concat("'", param, "' has a part without a type"))};
    }
    const auto content = part.find("text");
    if (*type != "text" || content == part.end() || !content->is_string()) {
      return std::unexpected{
          unsupported_field(param, concat("'", param, "' may have parts of type 'text' only"))};
    }
    text += (text.empty() ? "" : "\n") + content->get<std::string>();
  }
  return text;
}

Result<std::string> text_of_content(const json& message, const std::string& param) {
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) return std::string{};
  if (content->is_string()) return content->get<std::string>();
  if (content->is_array()) return text_of_parts(*content, param);
  return std::unexpected{invalid_field(param, concat("'", param, "' must be a string or an array of parts"))};
}

Result<ordered_json> read_message(const json& message, const std::string& param) {
  if (!message.is_object()) {
    return std::unexpected{invalid_field(param, concat("'", param, "' must be an object"))};
  }
  const auto role = message.find("role");
  if (role == message.end() || !role->is_string()) {
    return std::unexpected{invalid_field(param + ".role", concat("'", param, ".role' must be a string"))};
  }
  Result<std::string> content = text_of_content(message, param + ".content");
  if (!content) return std::unexpected{content.error()};
  ordered_json read = message;  // with the fields that only templates know
  read["content"] = *std::move(content);
  return read;
}

ordered_json read_messages(FieldReader& reader, const RequestLimits& limits) {
  ordered_json messages = ordered_json::array();
  const json* given = reader.find("messages");
  if (given == nullptr || !given->is_array() || given->empty() || given->size() > limits.max_messages) {
    reader.fail(invalid_field(
        "messages", concat("'messages' must be an array of 1 to ", limits.max_messages, " messages")));
    return messages;
  }
  for (const json& message : *given) {
    Result<ordered_json> read = read_message(message, concat("messages[", messages.size(), "]"));
    if (!read) return reader.fail(read.error()), messages;
    messages.push_back(*std::move(read));
  }
  return messages;
}

void read_chat_logprobs(FieldReader& reader, GenerationFields& fields) {
  fields.logprobs = reader.flag("logprobs");
  const auto top = reader.integer("top_logprobs", 0, generation::kMaxTopLogprobs);
  if (!top) return;
  if (!fields.logprobs) {
    return reader.fail(invalid_field("top_logprobs", "'top_logprobs' is only allowed with 'logprobs': true"));
  }
  fields.sampling.top_logprobs = static_cast<std::uint32_t>(*top);
}

// With "auto" a model may answer in words: that is what it does here.
void refuse_tools(FieldReader& reader) {
  for (const char* name : {"tool_choice", "function_call"}) {
    const json* choice = reader.find(name);
    if (choice == nullptr || *choice == "none" || *choice == "auto") continue;
    reader.fail(
        unsupported_field(name, concat("'", name, "' may be 'none' or 'auto': models here answer in words")));
  }
}

void refuse_media(FieldReader& reader) {
  const json* modalities = reader.find("modalities");
  if (modalities != nullptr && *modalities != json::array({"text"})) {
    reader.fail(unsupported_field("modalities", "'modalities' may be [\"text\"] only"));
  }
  for (const char* name : {"audio", "web_search_options"}) {
    if (reader.find(name) != nullptr) {
      reader.fail(unsupported_field(name, concat("'", name, "' is not supported")));
    }
  }
}

ordered_json read_template_arguments(FieldReader& reader) {
  const json* arguments = reader.find("chat_template_kwargs");
  if (arguments == nullptr) return ordered_json::object();
  if (!arguments->is_object()) {
    reader.fail(invalid_field("chat_template_kwargs", "'chat_template_kwargs' must be an object"));
  }
  return *arguments;
}

}  // namespace

Result<ChatRequest> parse_chat(std::string_view body, const RequestLimits& limits) {
  const Result<json> object = parse_object(body, limits);
  if (!object) return std::unexpected{object.error()};
  FieldReader reader{*object};
  ChatRequest request;
  request.fields = read_generation_fields(reader, body, limits);
  const auto old_name = reader.integer("max_tokens", 1, INT32_MAX);
  const auto max_tokens = reader.integer("max_completion_tokens", 1, INT32_MAX);
  request.fields.max_tokens = static_cast<std::size_t>(max_tokens.value_or(old_name.value_or(0)));
  read_chat_logprobs(reader, request.fields);
  refuse_tools(reader);
  refuse_media(reader);
  request.template_arguments = read_template_arguments(reader);
  request.messages = read_messages(reader, limits);
  if (!reader.error().ok()) return std::unexpected{reader.error()};
  return request;
}

}  // namespace parlance::dialects::openai
