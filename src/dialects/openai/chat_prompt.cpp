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

Task<Status> check_words(const models::ModelHandle& model, const std::string& words) {
  const models::Tokenizer& tokenizer = *model.tokenizer();
  auto encoding = text::encode(scheduling::work_of(model).workers(), tokenizer, words);
  const Result<std::vector<generation::Token>> tokens = co_await std::move(encoding);
  if (!tokens) co_return tokens.error();
  const Result<std::vector<generation::Token>> borders = tokenizer.encode("");
  if (!borders) co_return borders.error();
  if (special_in(tokenizer, *tokens) <= special_in(tokenizer, *borders)) co_return Status{};
  co_return invalid_field(
      "messages", "'messages' spell out a special token of the model, which only its chat template may");
}

}  // namespace

Task<Result<std::string>> chat_prompt(const models::ModelHandle& model, const ChatRequest& request) {
  if (!model.makes_text()) co_return cannot(model);
  if (model.chat_template().empty()) co_return no_template(model);
  const std::string words = words_of(request.messages);
  Task<Status> checking = check_words(model, words);
  const Status checked = co_await std::move(checking);
  if (!checked.ok()) co_return checked;
  co_return render_chat(model.chat_template(), {.messages = request.messages,
                                                .arguments = request.template_arguments,
                                                .bos_token = {},
                                                .eos_token = {}});
}

}  // namespace parlance::dialects::openai
