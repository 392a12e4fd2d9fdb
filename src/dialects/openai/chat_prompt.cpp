#include "dialects/openai/chat_prompt.h"

#include <algorithm>
#include <utility>

#include "base/concat.h"
#include "dialects/openai/chat_template.h"
#include "dialects/openai/error_body.h"
#include "grpc/error_details.h"
#include "scheduling/version_work.h"
#include "text/encode.h"

namespace parlance::dialects::openai {
namespace {

Status cannot(const models::ModelHandle& model) {
  return grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT",
                          concat("Model \"", model.model(), "\" cannot generate text"), {{"hop", "server"}});
}

Status no_template(const models::ModelHandle& model) {
  return grpc::make_error(
      StatusCode::kFailedPrecondition, "CHAT_TEMPLATE_MISSING",
      concat("Model \"", model.model(), "\" has no chat template; /v1/completions goes on with a text"),
      {{"hop", "server"}, {"knob", "chat_template.jinja"}});
}

// What a caller wrote, with a border between messages that no token crosses.
std::string words_of(const nlohmann::ordered_json& messages) {
  std::string words;
  for (const auto& message : messages) {
    for (const auto& [name, value] : message.items()) {
      if (value.is_string()) words += value.get_ref<const std::string&>() + "\n";
    }
  }
  return words;
}

std::ptrdiff_t special_in(const models::Tokenizer& tokenizer, const std::vector<generation::Token>& tokens) {
  const auto special = tokenizer.special_tokens();
  return std::ranges::count_if(
      tokens, [&](generation::Token token) { return std::ranges::binary_search(special, token); });
}

// The special token that encode() puts before every text, as it is spelled.
std::string_view beginning_of(const models::Tokenizer& tokenizer,
                              const std::vector<generation::Token>& borders) {
  if (borders.empty() || borders.front() == tokenizer.end_token()) return {};
  return tokenizer.special_text(borders.front());
}

// INVALID_ARGUMENT for words that spell out a special token. `borders`: what encode() makes of "".
Task<Status> check_words(const models::ModelHandle& model, const std::string& words,
                         const std::vector<generation::Token>& borders) {
  const models::Tokenizer& tokenizer = *model.tokenizer();
  auto encoding = text::encode(scheduling::work_of(model).workers(), tokenizer, words);
  const Result<std::vector<generation::Token>> tokens = co_await std::move(encoding);
  if (!tokens) co_return tokens.error();
  if (special_in(tokenizer, *tokens) <= special_in(tokenizer, borders)) co_return Status{};
  co_return invalid_field(
      "messages", "'messages' spell out a special token of the model, which only its chat template may");
}

}  // namespace

Task<Result<std::string>> chat_prompt(const models::ModelHandle& model, const ChatRequest& request) {
  if (!model.makes_text()) co_return cannot(model);
  if (model.chat_template().empty()) co_return no_template(model);
  const models::Tokenizer& tokenizer = *model.tokenizer();
  const Result<std::vector<generation::Token>> borders = tokenizer.encode("");
  if (!borders) co_return borders.error();
  const std::string words = words_of(request.messages);
  Task<Status> checking = check_words(model, words, *borders);
  const Status checked = co_await std::move(checking);
  if (!checked.ok()) co_return checked;
  const auto end = tokenizer.end_token();
  const TemplateInput input{
      .messages = request.messages,
      .arguments = request.template_arguments,
      .bos_token = std::string{beginning_of(tokenizer, *borders)},
      .eos_token = std::string{end ? tokenizer.special_text(*end) : std::string_view{}}};
  Result<std::string> prompt = render_chat(model.chat_template(), input);
  // It is put there once more when the prompt is encoded.
  if (prompt && prompt->starts_with(input.bos_token)) prompt->erase(0, input.bos_token.size());
  co_return prompt;
}

}  // namespace parlance::dialects::openai
