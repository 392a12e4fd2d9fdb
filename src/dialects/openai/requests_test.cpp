#include "dialects/openai/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "grpc/error_details.h"

namespace parlance::dialects::openai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Tokens = std::vector<generation::Token>;

// "param: message" of what is wrong.
template <typename Request>
std::string problem(const Result<Request>& request) {
  if (request) return "";
  EXPECT_EQ(request.error().code(), StatusCode::kInvalidArgument);
  const auto fields = grpc::find_detail<grpc::BadRequest>(request.error());
  return fields->field_violations.at(0).field + ": " + std::string{request.error().message()};
}
std::string completion_problem(std::string_view fields) {
  return problem(parse_completion(R"({"model":"m","prompt":"p",)" + std::string{fields} + "}"));
}
std::string chat_problem(std::string_view fields) {
  return problem(
      parse_chat(R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + std::string{fields} + "}"));
}

TEST(CompletionRequest, HasTheDefaultsOfTheApi) {
  const auto request = parse_completion(R"({"model":"m","prompt":"Once"})");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->fields.model, "m");
  EXPECT_THAT(request->prompts, ElementsAre(Prompt{"Once"}));
  EXPECT_EQ(request->fields.max_tokens, 16U);
  EXPECT_EQ(request->fields.n, 1U);
  EXPECT_EQ(request->fields.sampling.temperature, 1.0F);
  EXPECT_EQ(request->fields.sampling.top_p, 1.0F);
  EXPECT_FALSE(request->fields.has_seed);
  EXPECT_FALSE(request->fields.stream);
  EXPECT_FALSE(request->fields.logprobs);
  EXPECT_FALSE(request->echo);
}

TEST(CompletionRequest, TakesEveryFormOfPrompt) {
  const auto prompts = [](const std::string& prompt) {
    return parse_completion(R"({"model":"m","prompt":)" + prompt + "}")->prompts;
  };
  EXPECT_THAT(prompts(R"(["a","b"])"), ElementsAre(Prompt{"a"}, Prompt{"b"}));
  EXPECT_THAT(prompts("[1,2]"), ElementsAre(Prompt{Tokens{1, 2}}));
  EXPECT_THAT(prompts("[[1,2],[3]]"), ElementsAre(Prompt{Tokens{1, 2}}, Prompt{Tokens{3}}));
  EXPECT_THAT(prompts(R"("")"), ElementsAre(Prompt{""}));
}

TEST(CompletionRequest, RefusesOtherPrompts) {
  for (const char* prompt : {"1", "[]", "[1,\"a\"]", "[[]]", "[-1]", "[1.5]", "{}", "[99999999999]"}) {
    EXPECT_THAT(problem(parse_completion(R"({"model":"m","prompt":)" + std::string{prompt} + "}")),
                HasSubstr("prompt: 'prompt' must be a string"))
        << prompt;
  }
  EXPECT_EQ(problem(parse_completion(R"({"model":"m"})")), "prompt: you must provide 'prompt'");
  EXPECT_EQ(problem(parse_completion(R"({"model":"m","prompt":["a","b","c"]})", {.max_inputs = 2})),
            "prompt: 'prompt' has 3 elements; 2 are taken at most");
}

TEST(CompletionRequest, ReadsEveryField) {
  const auto request =
      parse_completion(R"({"model":"m","prompt":"p","max_tokens":5,"temperature":0.5,"top_p":0.9,
    "n":3,"stop":["a","b"],"logprobs":4,"seed":-7,"echo":false,"stream":true,"stream_options":{"include_usage":true},
    "presence_penalty":1,"frequency_penalty":-1,"logit_bias":{"7":-100},"top_k":40,"min_p":0.1,"best_of":3,
    "user":"u","unknown":{"x":1},"suffix":null})");
  ASSERT_TRUE(request) << request.error().message();
  const GenerationFields& fields = request->fields;
  EXPECT_EQ(fields.max_tokens, 5U);
  EXPECT_EQ(fields.sampling.temperature, 0.5F);
  EXPECT_EQ(fields.sampling.top_p, 0.9F);
  EXPECT_EQ(fields.n, 3U);
  EXPECT_THAT(fields.stop, ElementsAre("a", "b"));
  EXPECT_TRUE(fields.logprobs);
  EXPECT_EQ(fields.sampling.top_logprobs, 4U);
  EXPECT_TRUE(fields.has_seed);
  EXPECT_EQ(fields.sampling.seed, static_cast<std::uint64_t>(-7));
  EXPECT_TRUE(fields.stream);
  EXPECT_TRUE(fields.include_usage);
  EXPECT_EQ(fields.sampling.presence_penalty, 1.0F);
  EXPECT_EQ(fields.sampling.frequency_penalty, -1.0F);
  EXPECT_THAT(fields.sampling.logit_bias, ElementsAre(Pair(7, -100.0F)));
  EXPECT_EQ(fields.sampling.top_k, 40U);
  EXPECT_EQ(fields.sampling.min_p, 0.1F);
}

TEST(CompletionRequest, NullIsAsGoodAsMissing) {
  const auto request = parse_completion(
      R"({"model":"m","prompt":"p","max_tokens":null,"stop":null,"temperature":null,"logprobs":null,"stream":null})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->fields.max_tokens, 16U);
  EXPECT_EQ(request->fields.sampling.temperature, 1.0F);
}

TEST(CompletionRequest, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(completion_problem(R"("temperature":2.5)"),
            "temperature: 'temperature' must be a number from 0.0 to 2.0");
  EXPECT_EQ(completion_problem(R"("temperature":"hot")"),
            "temperature: 'temperature' must be a number from 0.0 to 2.0");
  EXPECT_EQ(completion_problem(R"("n":0)"), "n: 'n' must be a whole number from 1 to 32");
  EXPECT_EQ(completion_problem(R"("n":18446744073709551615)"), "n: 'n' must be a whole number from 1 to 32");
  EXPECT_THAT(completion_problem(R"("stop":["","a"])"),
              HasSubstr("stop: 'stop' must be a string or an array"));
  EXPECT_THAT(completion_problem(R"("stop":["1","2","3","4","5"])"), HasSubstr("stop: "));
  EXPECT_EQ(completion_problem(R"("stream":1)"), "stream: 'stream' must be true or false");
  EXPECT_THAT(completion_problem(R"("stream_options":{"include_usage":true})"),
              HasSubstr("stream_options: "));
  EXPECT_THAT(completion_problem(R"("logit_bias":{"a":1})"), HasSubstr("logit_bias: "));
  EXPECT_THAT(completion_problem(R"("logit_bias":{"1":101})"), HasSubstr("logit_bias: "));
  EXPECT_THAT(completion_problem(R"("suffix":"end")"), HasSubstr("suffix: "));
  EXPECT_THAT(completion_problem(R"("best_of":2)"), HasSubstr("best_of: "));
  EXPECT_THAT(completion_problem(R"("echo":true,"logprobs":1)"), HasSubstr("logprobs: "));
  EXPECT_EQ(problem(parse_completion(R"({"prompt":"p"})")), "model: you must provide 'model', a string");
}

TEST(CompletionRequest, IsAnObjectOfFewLevels) {
  EXPECT_EQ(problem(parse_completion("")), ": the body of the request is not a JSON object");
  EXPECT_EQ(problem(parse_completion("[1]")), ": the body of the request is not a JSON object");
  EXPECT_EQ(problem(parse_completion(R"({"model":)")), ": the body of the request is not a JSON object");
  const std::string deep = R"({"x":)" + std::string(100'000, '[');
  EXPECT_EQ(problem(parse_completion(deep)), ": the JSON of the request has more than 32 levels");
}

TEST(ChatRequest, HasMessagesForTheTemplate) {
  const auto request = parse_chat(R"({"model":"m","messages":[{"role":"system","content":"Be brief."},
    {"role":"user","name":"bob","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"assistant","content":null}],"max_tokens":9,"max_completion_tokens":7,
    "logprobs":true,"top_logprobs":2,"tools":[{"type":"function"}],"tool_choice":"auto",
    "response_format":{"type":"text"},"chat_template_kwargs":{"enable_thinking":false}})");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->messages.dump(), R"([{"content":"Be brief.","role":"system"},)"
                                      R"({"content":"a\nb","name":"bob","role":"user"},)"
                                      R"({"content":"","role":"assistant"}])");
  EXPECT_EQ(request->fields.max_tokens, 7U);
  EXPECT_TRUE(request->fields.logprobs);
  EXPECT_EQ(request->fields.sampling.top_logprobs, 2U);
  EXPECT_EQ(request->template_arguments.dump(), R"({"enable_thinking":false})");
}

TEST(ChatRequest, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(problem(parse_chat(R"({"model":"m"})")), HasSubstr("messages: "));
  EXPECT_THAT(problem(parse_chat(R"({"model":"m","messages":[]})")), HasSubstr("messages: "));
  EXPECT_EQ(problem(parse_chat(R"({"model":"m","messages":[{"role":"user","content":"x"},{}]})")),
            "messages[1].role: 'messages[1].role' must be a string");
  EXPECT_EQ(
      problem(parse_chat(
          R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]})")),
      "messages[0].content: 'messages[0].content' may have parts of type 'text' only");
  EXPECT_THAT(problem(parse_chat(R"({"model":"m","messages":[{"role":"user","content":5}]})")),
              HasSubstr("messages[0].content: "));
  EXPECT_THAT(chat_problem(R"("top_logprobs":2)"), HasSubstr("top_logprobs: "));
  EXPECT_THAT(chat_problem(R"("max_tokens":0)"), HasSubstr("max_tokens: "));
}

TEST(ChatRequest, RefusesWhatWouldChangeTheAnswer) {
  EXPECT_THAT(chat_problem(R"("tools":[{}],"tool_choice":"required")"), HasSubstr("tool_choice: "));
  EXPECT_THAT(chat_problem(R"("tool_choice":{"type":"function","function":{"name":"f"}})"),
              HasSubstr("tool_choice: "));
  EXPECT_THAT(chat_problem(R"("modalities":["audio"])"), HasSubstr("modalities: "));
  EXPECT_THAT(chat_problem(R"("audio":{})"), HasSubstr("audio: "));
}

using Kind = models::TextFormat::Kind;

models::TextFormat format_of(const std::string& fields) {
  const auto request = parse_completion(R"({"model":"m","prompt":"p",)" + fields + "}");
  EXPECT_TRUE(request) << fields << ": " << request.error().message();
  return request ? request->fields.format.value_or(models::TextFormat{.text = "none"}) : models::TextFormat{};
}

TEST(TextFormats, AreReadInEverySpelling) {
  const models::TextFormat schema{.text = R"({"type":"object","properties":{"z":{},"a":{}}})"};
  const std::string given = R"({"type": "object", "properties": {"z": {}, "a": {}}})";
  EXPECT_EQ(format_of(R"("response_format":{"type":"json_schema","json_schema":{"name":"s","schema":)" +
                      given + "}}"),
            schema)
      << "properties in their order";
  EXPECT_EQ(format_of(R"("guided_json":)" + given), schema);
  EXPECT_EQ(format_of(R"("guided_json":"{\"type\":1}")"), (models::TextFormat{.text = R"({"type":1})"}));
  EXPECT_EQ(format_of(R"("structured_outputs":{"json":)" + given + "}"), schema);
  EXPECT_EQ(format_of(R"("response_format":{"type":"json_object"})"),
            (models::TextFormat{.text = models::kAnyObjectSchema}));
  EXPECT_EQ(format_of(R"("guided_regex":"a+")"), (models::TextFormat{.kind = Kind::kRegex, .text = "a+"}));
  EXPECT_EQ(format_of(R"("structured_outputs":{"regex":"a+","json":null})"),
            (models::TextFormat{.kind = Kind::kRegex, .text = "a+"}));
  EXPECT_EQ(format_of(R"("guided_choice":["yes","no"])"),
            (models::TextFormat{.kind = Kind::kChoice, .choices = {"yes", "no"}}));
  EXPECT_EQ(format_of(R"("structured_outputs":{"choice":["yes"]})"),
            (models::TextFormat{.kind = Kind::kChoice, .choices = {"yes"}}));
  for (const char* none :
       {R"("response_format":{"type":"text"})", R"("response_format":null)", R"("guided_json":null)",
        R"("structured_outputs":{})", R"("guided_decoding_backend":"x")"})
    EXPECT_EQ(format_of(none).text, "none") << none;
  EXPECT_EQ(parse_chat(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"guided_regex":"a"})")
                ->fields.format_field,
            "guided_regex");
}

TEST(TextFormats, NameTheFieldThatIsWrong) {
  EXPECT_EQ(chat_problem(R"("response_format":"json")"),
            "response_format: 'response_format' must have the type 'text', 'json_object' or 'json_schema'");
  EXPECT_EQ(chat_problem(R"("response_format":{"type":"json_schema"})"),
            "response_format: 'response_format/json_schema/schema' must be a JSON schema, an object");
  EXPECT_EQ(chat_problem(R"("response_format":{"type":"json_schema","json_schema":[1]})"),
            "response_format: 'response_format/json_schema/schema' must be a JSON schema, an object");
  EXPECT_EQ(chat_problem(R"("guided_json":[])"),
            "guided_json: 'guided_json' must be a JSON schema, an object");
  EXPECT_EQ(chat_problem(R"("guided_regex":7)"), "guided_regex: 'guided_regex' must be a string");
  EXPECT_EQ(chat_problem(R"("guided_choice":"a")"),
            "guided_choice: 'guided_choice' must be an array of strings");
  EXPECT_EQ(chat_problem(R"("guided_choice":["a",1])"),
            "guided_choice: 'guided_choice' must be an array of strings");
  EXPECT_EQ(chat_problem(R"("guided_grammar":"root ::= a")"),
            "guided_grammar: 'guided_grammar' is not supported");
  EXPECT_EQ(chat_problem(R"("structured_outputs":{"grammar":"a"})"),
            "structured_outputs.grammar: 'structured_outputs.grammar' is not supported");
  EXPECT_EQ(chat_problem(R"("structured_outputs":1)"),
            "structured_outputs: 'structured_outputs' must be an object");
  EXPECT_EQ(chat_problem(R"("response_format":{"type":"json_object"},"structured_outputs":{"regex":"a"})"),
            "structured_outputs.regex: 'structured_outputs.regex' and 'response_format' exclude each other");
}

TEST(EmbeddingsRequest, ReadsItsFields) {
  const auto request = parse_embeddings(
      R"({"model":"m","input":["a",[1,2]],"encoding_format":"base64","dimensions":3,"truncate_prompt_tokens":-1})");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_THAT(request->inputs, ElementsAre(Prompt{"a"}, Prompt{Tokens{1, 2}}));
  EXPECT_TRUE(request->as_base64);
  EXPECT_EQ(request->dimensions, 3U);
  EXPECT_TRUE(request->truncate);
  EXPECT_THAT(problem(parse_embeddings(R"({"model":"m","input":"a","encoding_format":"int8"})")),
              HasSubstr("encoding_format: "));
}

// Cut anywhere and with any byte changed, a body is read or refused; sanitizers look on.
TEST(Requests, BearEveryChangeOfABody) {
  const std::string body =
      R"({"model":"m","prompt":[[1,2],"a"],"input":["x"],"messages":[{"role":"user","content":[{"type":"text","text":"h"}]}],)"
      R"("stop":["s"],"logit_bias":{"7":-1.5e2},"stream":true,"stream_options":{"include_usage":true},"seed":-1,"n":2,)"
      R"("response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}})";
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  const auto read = [](const std::string& text) {
    return parse_completion(text).has_value() + parse_chat(text).has_value() +
           parse_embeddings(text).has_value();
  };
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_EQ(read(body.substr(0, size)), 0);
  for (int i = 0; i < 2000; ++i) {
    std::string changed = body;
    for (int changes = 0; changes < 3; ++changes)
      changed[random() % body.size()] = "\"{}[],:0-9eax\\\xC3"[random() % 16];
    EXPECT_LE(read(changed), 3);
  }
}

}  // namespace
}  // namespace parlance::dialects::openai
