#include "dialects/openai/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/error_details.h"

namespace parlance::dialects::openai {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

TemplateInput hello() {
  return {.messages = ordered_json::parse(
              R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}])"),
          .arguments = ordered_json::object(),
          .bos_token = "<s>",
          .eos_token = "</s>"};
}

TEST(ChatTemplate, IsThatOfChatMl) {
  const auto prompt = render_chat(
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + "
      "'<|im_end|>' + '\\n'}}"
      "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
      hello());
  ASSERT_TRUE(prompt) << prompt.error().message();
  EXPECT_EQ(
      *prompt,
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

// What models' templates make use of beyond the plainest.
TEST(ChatTemplate, KnowsWhatHuggingFacesTemplatesUse) {
  const auto prompt = render_chat(
      "{{- bos_token }}"
      "{%- set ns = namespace(found=false) -%}"
      "{%- if messages[0].role == 'system' -%}{%- set system = messages[0]['content'] | trim -%}"
      "{%- set messages = messages[1:] -%}{%- endif -%}"
      "{%- macro say(message) -%}[{{ loop_name | default('x') }}] {{ message.content | upper }}{%- endmacro "
      "-%}"
      "{%- for message in messages if message.role != 'tool' -%}"
      "{%- set ns.found = true -%}{{ say(message) }}{{ loop.index0 }}{{ loop.last }}"
      "{%- endfor -%}"
      "{% if system is defined and ns.found %} {{ system }}{% endif %} {{ {'a': 1} | tojson }}{{ eos_token "
      "}}",
      hello());
  ASSERT_TRUE(prompt) << prompt.error().message();
  EXPECT_EQ(*prompt, "<s>[x] HI0True Be brief. {\"a\": 1}</s>");
}

TEST(ChatTemplate, KnowsArgumentsOfItsOwn) {
  TemplateInput input = hello();
  input.arguments = ordered_json::parse(R"({"enable_thinking":false,"messages":"none"})");
  EXPECT_EQ(*render_chat("{{ enable_thinking }} {{ messages[1].content }}", input), "False Hi");
}

TEST(ChatTemplate, ThatRefusesIsTheRequestsFault) {
  const auto refused = render_chat("{{ raise_exception('roles must alternate') }}", hello());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string{refused.error().message()}, HasSubstr("roles must alternate"));
}

TEST(ChatTemplate, ThatCannotBeReadIsTheModelsFault) {
  for (const char* text : {"{% for %}", "{{ messages | nonsense }}", "{{ 1 +", "{% if x %}"}) {
    const auto broken = render_chat(text, hello());
    ASSERT_FALSE(broken) << text;
    EXPECT_EQ(broken.error().code(), StatusCode::kFailedPrecondition) << broken.error().message();
    EXPECT_EQ(grpc::error_info(broken.error())->reason, "CHAT_TEMPLATE_BROKEN");
  }
}

}  // namespace
}  // namespace parlance::dialects::openai
