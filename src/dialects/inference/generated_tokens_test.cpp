#include "dialects/inference/generated_tokens.h"

#include <gmock/gmock.h>

namespace parlance::dialects::inference {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

text::TextPiece piece(std::string text, std::optional<text::Finish> finish = {}) {
  text::TextPiece made{.index = 0, .text = std::move(text), .sampled = {}, .finish = finish, .status = {}};
  if (finish != text::Finish::kError) made.sampled = {.token = 7, .logprob = -0.5F};
  return made;
}

TEST(GeneratedTokens, APieceIsAToken) {
  EXPECT_THAT(to_tokens(piece("so"), true),
              ElementsAre(GeneratedToken{.token = "so", .token_id = 7, .log_prob = -0.5F}));
}

TEST(GeneratedTokens, TheEndTokenIsTheFinalOneWithWhatWasHeldBack) {
  EXPECT_THAT(
      to_tokens(piece("on", text::Finish::kStop), false),
      ElementsAre(GeneratedToken{
          .token = "on", .token_id = 7, .log_prob = -0.5F, .is_final = true, .finish_reason = "stop"}));
}

TEST(GeneratedTokens, AnEmptyOneFollowsTheLastOfMaxTokens) {
  EXPECT_THAT(to_tokens(piece("on", text::Finish::kLength), true),
              ElementsAre(GeneratedToken{.token = "on", .token_id = 7, .log_prob = -0.5F},
                          GeneratedToken{.is_final = true, .finish_reason = "length"}));
}

TEST(GeneratedTokens, AnErrorIsTokenOnlyBehindTokens) {
  EXPECT_THAT(to_tokens(piece("", text::Finish::kError), true), IsEmpty());
  EXPECT_THAT(to_tokens(piece("half", text::Finish::kError), false),
              ElementsAre(GeneratedToken{.token = "half", .is_final = true, .finish_reason = "error"}));
}

}  // namespace
}  // namespace parlance::dialects::inference
