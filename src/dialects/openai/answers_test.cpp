#include "dialects/openai/answers.h"

#include <gtest/gtest.h>

#include "dialects/openai/embeddings_answer.h"
#include "dialects/openai/error_body.h"
#include "grpc/error_details.h"

namespace parlance::dialects::openai {
namespace {

// Token 1 is "a", 2 "é", 3 the first byte of it.
class Letters final : public models::Tokenizer {
 public:
  Result<std::vector<generation::Token>> encode(std::string_view) const override { return {}; }
  std::string_view token_bytes(generation::Token token) const override {
    static constexpr std::string_view kTexts[] = {"", "a", "\xC3\xA9", "\xC3"};
    return kTexts[token];
  }
  std::size_t vocabulary() const override { return 4; }
  std::span<const generation::Token> special_tokens() const override { return {}; }
  std::string_view special_text(generation::Token) const override { return {}; }
  std::optional<generation::Token> end_token() const override { return {}; }
  const std::string& chat_template() const override { return none_; }

 private:
  std::string none_;
};

const Letters kLetters;
const AnswerHead kTextHead{.kind = AnswerKind::kText, .id = "cmpl-1", .created = 7, .model = "m"};
const AnswerHead kChatHead{.kind = AnswerKind::kChat, .id = "chatcmpl-1", .created = 7, .model = "m"};

generation::SampledToken sampled(generation::Token token) {
  return {
      .token = token, .logprob = -0.5F, .top = {{.token = 1, .logprob = -0.5F}, {.token = 3, .logprob = -2}}};
}

TEST(Answer, IsThatOfACompletion) {
  const Choice choice{.index = 0, .text = "hello", .logprobs = {}, .finish_reason = "length"};
  EXPECT_EQ(answer_body(kTextHead, {&choice, 1}, {.prompt_tokens = 3, .completion_tokens = 2}, {}),
            R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m",)"
            R"("choices":[{"index":0,"text":"hello","logprobs":null,"finish_reason":"length"}],)"
            R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})");
}

TEST(Answer, IsThatOfAChat) {
  const Choice choice{.index = 1, .text = "hello", .logprobs = {}, .finish_reason = "stop"};
  EXPECT_EQ(answer_body(kChatHead, {&choice, 1}, {}, {}),
            R"({"id":"chatcmpl-1","object":"chat.completion","created":7,"model":"m",)"
            R"("choices":[{"index":1,"message":{"role":"assistant","content":"hello","refusal":null},)"
            R"("logprobs":null,"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}})");
}

TEST(Answer, HasLogprobsInBothShapes) {
  const Choice choice{
      .index = 0, .text = "éa", .logprobs = {sampled(2), sampled(1)}, .finish_reason = "stop"};
  const LogprobStyle style{.wanted = true, .tokenizer = &kLetters};
  const auto text = nlohmann::json::parse(answer_body(kTextHead, {&choice, 1}, {}, style));
  EXPECT_EQ(text["choices"][0]["logprobs"].dump(),
            R"({"text_offset":[0,1],"token_logprobs":[-0.5,-0.5],"tokens":["é","a"],)"
            R"("top_logprobs":[{"a":-0.5,"�":-2.0},{"a":-0.5,"�":-2.0}]})");
  const auto chat = nlohmann::json::parse(answer_body(kChatHead, {&choice, 1}, {}, style));
  EXPECT_EQ(chat["choices"][0]["logprobs"]["content"][0].dump(),
            R"({"bytes":[195,169],"logprob":-0.5,"token":"é","top_logprobs":[)"
            R"({"bytes":[97],"logprob":-0.5,"token":"a"},{"bytes":[195],"logprob":-2.0,"token":"�"}]})");
}

TEST(Chunk, OfACompletionIsItsPiece) {
  const Chunks chunks = piece_chunks(kTextHead, {.index = 2, .text = "he", .is_first = true}, false, {});
  EXPECT_EQ(chunks.role, "");
  EXPECT_EQ(chunks.piece, R"({"id":"cmpl-1","object":"text_completion","created":7,"model":"m",)"
                          R"("choices":[{"index":2,"text":"he","logprobs":null,"finish_reason":null}]})");
}

TEST(Chunk, OfAChatBeginsWithTheRoleAndEndsWithAnEmptyDelta) {
  const Chunks first = piece_chunks(kChatHead, {.text = "he", .is_first = true}, true, {});
  EXPECT_EQ(
      first.role,
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,)"
      R"("delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null})");
  EXPECT_EQ(
      first.piece,
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,)"
      R"("delta":{"content":"he"},"logprobs":null,"finish_reason":null}],"usage":null})");
  const Chunks last = piece_chunks(kChatHead, {.finish_reason = "stop"}, false, {});
  EXPECT_EQ(
      last.piece,
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,)"
      R"("delta":{},"logprobs":null,"finish_reason":"stop"}]})");
}

TEST(Chunk, HasTheLogprobsOfItsToken) {
  const generation::SampledToken token = sampled(1);
  const LogprobStyle style{.wanted = true, .tokenizer = &kLetters};
  const auto chunk = nlohmann::json::parse(
      piece_chunks(kTextHead, {.text = "a", .sampled = &token, .text_offset = 9}, false, style).piece);
  EXPECT_EQ(chunk["choices"][0]["logprobs"]["text_offset"].dump(), "[9]");
  EXPECT_EQ(chunk["choices"][0]["logprobs"]["tokens"].dump(), R"(["a"])");
}

TEST(Chunk, OfUsageHasNoChoices) {
  EXPECT_EQ(usage_chunk(kChatHead, {.prompt_tokens = 1, .completion_tokens = 2}),
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[],)"
            R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})");
}

TEST(Event, EndsWithAnEmptyLine) { EXPECT_EQ(event_of("{}"), "data: {}\n\n"); }

TEST(EmbeddingsBody, IsNumbersOrBase64) {
  const text::Embedding embeddings[] = {{.values = {0.1F, -2}, .tokens = 3}, {.values = {1}, .tokens = 2}};
  EXPECT_EQ(embeddings_body("m\"", embeddings, false),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2]},)"
            R"({"object":"embedding","index":1,"embedding":[1]}],"model":"m\"",)"
            R"("usage":{"prompt_tokens":5,"total_tokens":5}})");
  EXPECT_EQ(
      embeddings_body("m", {embeddings + 1, 1}, true),
      R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"m",)"
      R"("usage":{"prompt_tokens":2,"total_tokens":2}})");
}

TEST(ErrorBody, HasTheShapeOfTheApi) {
  EXPECT_EQ(error_body(invalid_field("n", "'n' is wrong")),
            R"({"error":{"message":"'n' is wrong","type":"invalid_request_error","param":"n","code":null}})");
  EXPECT_EQ(
      error_body(unsupported_field("tools", "no")),
      R"({"error":{"message":"no","type":"invalid_request_error","param":"tools","code":"unsupported_parameter"}})");
}

TEST(ErrorBody, NamesWhatTheApiHasNamesFor) {
  const auto body = [](StatusCode code, std::string_view reason) {
    return nlohmann::json::parse(error_body(grpc::make_error(code, reason, "x")))["error"];
  };
  EXPECT_EQ(body(StatusCode::kNotFound, "MODEL_NOT_FOUND")["code"], "model_not_found");
  EXPECT_EQ(body(StatusCode::kNotFound, "MODEL_NOT_FOUND")["param"], "model");
  EXPECT_EQ(body(StatusCode::kUnauthenticated, "MISSING_TOKEN")["code"], "invalid_api_key");
  EXPECT_EQ(body(StatusCode::kUnauthenticated, "MISSING_TOKEN")["type"], "invalid_request_error");
  EXPECT_EQ(body(StatusCode::kResourceExhausted, "RATE_LIMITED")["code"], "rate_limit_exceeded");
  EXPECT_EQ(body(StatusCode::kResourceExhausted, "RATE_LIMITED")["type"], "rate_limit_error");
  EXPECT_EQ(body(StatusCode::kInvalidArgument, "PROMPT_TOO_LONG")["code"], "context_length_exceeded");
  EXPECT_EQ(body(StatusCode::kUnavailable, "MODEL_NOT_READY")["code"], "model_not_ready");
  EXPECT_EQ(body(StatusCode::kUnavailable, "MODEL_NOT_READY")["type"], "server_error");
  EXPECT_EQ(error_response(grpc::make_error(StatusCode::kNotFound, "MODEL_NOT_FOUND", "x")).status, 404U);
  EXPECT_EQ(error_response(grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT", "x")).status, 400U);
}

}  // namespace
}  // namespace parlance::dialects::openai
