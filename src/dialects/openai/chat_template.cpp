#include "dialects/openai/chat_template.h"

#include <exception>
#include <utility>

// llama.cpp's engine (docs/decisions/0019-chat-templates.md).
#include <jinja/lexer.h>
#include <jinja/parser.h>
#include <jinja/runtime.h>
#include <json.h>

#include "base/concat.h"
#include "dialects/openai/error_body.h"
#include "grpc/error_details.h"

namespace parlance::dialects::openai {
namespace {

using nlohmann::ordered_json;

Status broken(std::string_view why) {
  return grpc::make_error(StatusCode::kFailedPrecondition, "CHAT_TEMPLATE_BROKEN",
                          concat("the model's chat template does not work: ", why), {{"hop", "server"}});
}

ordered_json variables_of(const TemplateInput& input) {
  ordered_json variables = input.arguments;
  variables["messages"] = input.messages;
  variables["add_generation_prompt"] = true;
  variables["bos_token"] = input.bos_token;
  variables["eos_token"] = input.eos_token;
  return variables;
}

std::string run(std::string_view chat_template, const ordered_json& variables) {
  const jinja::lexer_result tokens = jinja::lexer{}.tokenize(std::string{chat_template});
  const jinja::program program = jinja::parse_from_tokens(tokens);
  jinja::context context{tokens.source};
  jinja::global_from_json(context, common_json::parse(variables.dump()), /*mark_input=*/false);
  jinja::runtime runtime{context};
  const jinja::value result = runtime.execute(program);
  return jinja::runtime::gather_string_parts(result)->as_string().str();
}

}  // namespace

Result<std::string> render_chat(std::string_view chat_template, const TemplateInput& input) {
  try {
    return run(chat_template, variables_of(input));
  } catch (const std::exception& exception) {
    const std::string_view what = exception.what();
    constexpr std::string_view kRaised = "Jinja Exception: ";
    const std::size_t raised = what.find(kRaised);
    if (raised == std::string_view::npos) return std::unexpected{broken(what)};
    return std::unexpected{invalid_field("messages", std::string{what.substr(raised + kRaised.size())})};
  }
}

}  // namespace parlance::dialects::openai
