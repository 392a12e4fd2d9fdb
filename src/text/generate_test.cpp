// Text of the toy model, in handlers of a server.

#include "text/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <semaphore>
#include <set>
#include <vector>

#include "grpc/error_details.h"
#include "rpc/client_call.h"
#include "rpc/in_process.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "text/testing/toy_text.h"

namespace parlance::text::testing {

using ::testing::HasSubstr;

/// What one call was told.
struct Told {
  Status refusal;
  std::vector<std::string> texts;
  std::vector<std::optional<Finish>> finishes;
  std::size_t prompt_tokens = 0;
  std::size_t made_tokens = 0;
  std::size_t empty_pieces = 0;
};

/// A call answers with one message for each piece, and is told what `told` says.
class Teller final : public Service {
 public:
  std::string_view full_name() const override { return "test.Teller"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_server_streaming("Tell", *this, &Teller::Tell));
    return methods;
  }
  Task<Status> Tell(ServerCall& call, Incoming<Buffer>, Writer<Buffer>& out) {
    Task<Result<Generation>> beginning = generate(call, wanted());
    Result<Generation> generation = co_await std::move(beginning);
    if (!generation) {
      told.refusal = generation.error();
      co_return generation.error();
    }
    told.prompt_tokens = generation->prompt_tokens();
    while (auto piece = co_await generation->next()) {
      note(*piece);
      const std::vector<std::byte> bytes(message_bytes, std::byte{static_cast<unsigned char>(piece->index)});
      const Buffer message = Buffer::copy_of(bytes);
      if (!co_await out.write(message)) break;
    }
    told.made_tokens = generation->made_tokens();
    ended.release();
    co_return Status{};
  }

  std::function<GenerateRequest()> wanted;
  Told told;
  std::size_t message_bytes = 1;
  std::counting_semaphore<> ended{0};

 private:
  void note(const TextPiece& piece) {
    told.texts.resize(std::max<std::size_t>(told.texts.size(), piece.index + 1));
    told.finishes.resize(told.texts.size());
    told.texts[piece.index] += piece.text;
    told.finishes[piece.index] = piece.finish;
    if (piece.text.empty()) ++told.empty_pieces;
  }
};

namespace {

class Generate : public ::testing::Test {
 protected:
  Generate() {
    server_.add(teller_);
    require(server_.start().has_value(), "the server starts");
  }
  GenerateRequest request(std::string prompt, std::size_t max_tokens = 40) const {
    GenerateRequest made{.model = toy_.model(), .prompt = std::move(prompt), .max_tokens = max_tokens};
    made.sampling.temperature = 0;
    return made;
  }
  /// The call's status; what the handler was told is in told().
  Status tell(std::function<GenerateRequest()> wanted) {
    teller_->wanted = std::move(wanted);
    ClientReader<Buffer> call{channel_, "/test.Teller/Tell", Buffer{}, CallOptions{}};
    while (call.read().wait()) {
    }
    return call.finish().wait();
  }
  const Told& told() const { return teller_->told; }
  std::string reason(const Status& status) const { return grpc::error_info(status)->reason; }

  ToyText toy_{"{context: 100, max_tokens: 7}"};
  std::shared_ptr<Teller> teller_ = std::make_shared<Teller>();
  Server server_{{.listen = {}, .threads = 1}};
  Channel channel_ = in_process_channel(server_);
};

TEST_F(Generate, TextIsThatOfTheModelsTokens) {
  ASSERT_TRUE(tell([&] { return request("once", 30); }).ok());
  EXPECT_EQ(told().texts.at(0), toy_text("once", 30));
  EXPECT_EQ(told().prompt_tokens, 4U);
  EXPECT_EQ(told().made_tokens, 30U);
  EXPECT_EQ(told().finishes.at(0), Finish::kLength);
}

TEST_F(Generate, MaxTokensAreWhatIsLeftOrTheModelsOwnNumber) {
  ASSERT_TRUE(tell([&] {
                auto wanted = request("once", 0);
                wanted.ignore_end = true;
                return wanted;
              }).ok());
  EXPECT_EQ(told().made_tokens, 96U);
  ASSERT_TRUE(tell([&] { return request("once", kModelsMaxTokens); }).ok());
  EXPECT_EQ(told().made_tokens, 7U);
  ASSERT_TRUE(tell([&] { return request(std::string(98, 'a'), kModelsMaxTokens); }).ok());
  EXPECT_LE(told().made_tokens, 2U);
}

TEST_F(Generate, AStopStringEndsTheTextAndIsHeldBackUntilItIsSure) {
  const std::string whole = toy_text("once", 40, false);
  const std::string stop = whole.substr(10, 3);
  const std::string before = whole.substr(0, whole.find(stop));
  ASSERT_TRUE(tell([&] {
                auto wanted = request("once");
                wanted.stop = {stop, "never spelled"};
                wanted.ignore_end = true;
                return wanted;
              }).ok());
  EXPECT_EQ(told().texts.at(0), before);
  EXPECT_EQ(told().finishes.at(0), Finish::kStop);
  EXPECT_GE(told().empty_pieces, 2U);
  teller_->told = {};
  ASSERT_TRUE(tell([&] {
                auto wanted = request("once");
                wanted.stop = {stop};
                wanted.include_stop = wanted.ignore_end = true;
                return wanted;
              }).ok());
  EXPECT_EQ(told().texts.at(0), before + stop);
}

TEST_F(Generate, SequencesOfOnePromptEndEachByItself) {
  ASSERT_TRUE(tell([&] {
                auto wanted = request("once", 20);
                wanted.n = 3;
                wanted.ignore_end = true;
                return wanted;
              }).ok());
  ASSERT_EQ(told().texts.size(), 3U);
  for (const std::string& text : told().texts) EXPECT_EQ(text, toy_text("once", 20, false));
  for (const auto& finish : told().finishes) EXPECT_EQ(finish, Finish::kLength);
  EXPECT_EQ(told().made_tokens, 60U);
  EXPECT_EQ(toy_.statistics().prompt_tokens, 4U);
}

TEST_F(Generate, ASpecialTokenIsTakenFromTemplatesAlone) {
  const Status refused = tell([&] { return request("on~ce"); });
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(reason(refused), "INVALID_INPUT");
  EXPECT_TRUE(tell([&] {
                auto wanted = request("on~ce");
                wanted.special_tokens = SpecialTokens::kTaken;
                return wanted;
              }).ok());
  EXPECT_EQ(told().texts.at(0), toy_text("on~ce", 40));
  EXPECT_EQ(spells_special_token(*toy_.model().tokenizer(), "on~ce"), true);
  EXPECT_EQ(spells_special_token(*toy_.model().tokenizer(), "once"), false);
}

TEST_F(Generate, AReaderWhoTakesNothingIsToldWhileItsHandlerStillWrites) {
  ToyText slow{"{context: 400, window: 2, slow_reader: 50ms}"};
  teller_->message_bytes = 1'000'000;
  teller_->wanted = [&] {
    GenerateRequest wanted = request("once", 300);
    wanted.model = slow.model();
    wanted.ignore_end = true;
    return wanted;
  };
  ClientReader<Buffer> call{channel_, "/test.Teller/Tell", Buffer{}, CallOptions{}};
  ASSERT_TRUE(call.read().wait());
  ASSERT_TRUE(teller_->ended.try_acquire_for(std::chrono::seconds{60})) << "it waits for its reader";
  EXPECT_EQ(slow.statistics().slow_readers, 1U);
  EXPECT_EQ(slow.statistics().pages_in_use, 0U);
  while (call.read().wait()) {
  }
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kResourceExhausted);
}

TEST_F(Generate, TokensAreTakenAsTheyAre) {
  ASSERT_TRUE(tell([&] {
                auto wanted = request("");
                wanted.prompt = std::vector<Token>{'o', 'n', 'c', 'e'};
                return wanted;
              }).ok());
  EXPECT_EQ(told().texts.at(0), toy_text("once", 40));
}

TEST_F(Generate, ALongPromptIsEncodedElsewhereAndRefusedWithTheNumbers) {
  const Status refused = tell([&] { return request(std::string(5000, 'a'), 0); });
  EXPECT_EQ(reason(refused), "PROMPT_TOO_LONG");
  EXPECT_THAT(std::string{refused.message()}, HasSubstr("context of 100 tokens; the prompt has 5000"));
}

TEST_F(Generate, AFormatHoldsEachSequenceAndEndsIt) {
  const auto wanted = [&] {
    auto made = request("once", 60);
    made.format =
        models::TextFormat{.kind = models::TextFormat::Kind::kRegex, .text = "[a-f]{5}-[0-9]{3,20}z"};
    made.sampling.temperature = 1;
    made.n = 4;
    return made;
  };
  ASSERT_TRUE(tell(wanted).ok());
  const std::vector<std::string> texts = told().texts;
  ASSERT_EQ(texts.size(), 4U);
  for (const std::string& text : texts)
    EXPECT_THAT(text, ::testing::MatchesRegex("[a-f][a-f][a-f][a-f][a-f]-[0-9]+z"));
  EXPECT_GT((std::set<std::string>{texts.begin(), texts.end()}).size(), 1U) << "each draws for itself";
  for (const auto& finish : told().finishes) EXPECT_EQ(finish, Finish::kStop);
  EXPECT_EQ(told().made_tokens, texts[0].size() + texts[1].size() + texts[2].size() + texts[3].size())
      << "nothing is made behind the end";
  teller_->told = {};
  ASSERT_TRUE(tell(wanted).ok());
  EXPECT_EQ(told().texts, texts) << "the same seed";
}

TEST_F(Generate, AFormatThatMayGoOnEndsWithTheModelOrAtMaxTokens) {
  ASSERT_TRUE(tell([&] {
                auto made = request("once", 12);
                made.format = models::TextFormat{.kind = models::TextFormat::Kind::kRegex, .text = "[xyz]*"};
                made.sampling.logit_bias = {{0, -100.0F}};
                return made;
              }).ok());
  EXPECT_EQ(told().finishes.at(0), Finish::kLength);
  EXPECT_EQ(told().texts.at(0).size(), 12U);
  EXPECT_EQ(told().texts.at(0).find_first_not_of("xyz"), std::string::npos);
  teller_->told = {};
  ASSERT_TRUE(tell([&] {
                auto made = request("once", 12);
                made.format = models::TextFormat{.kind = models::TextFormat::Kind::kRegex, .text = "[xyz]*"};
                made.sampling.logit_bias = {{0, 100.0F}};
                return made;
              }).ok());
  EXPECT_EQ(told().finishes.at(0), Finish::kStop);
  EXPECT_EQ(told().texts.at(0), "");
}

TEST_F(Generate, WhatCannotBeIsSaid) {
  struct Case {
    const char* knob;
    std::function<void(GenerateRequest&)> spoil;
  };
  const Case cases[] = {
      {"n", [](GenerateRequest& wanted) { wanted.n = 0; }},
      {"n", [](GenerateRequest& wanted) { wanted.n = kMostSequences + 1; }},
      {"stop", [](GenerateRequest& wanted) { wanted.stop = {""}; }},
      {"sampling", [](GenerateRequest& wanted) { wanted.sampling.temperature = -1; }},
      {"prompt", [](GenerateRequest& wanted) { wanted.prompt = ""; }},
      {"ignore_eos",
       [](GenerateRequest& wanted) {
         wanted.format = models::TextFormat{.text = "{}"};
         wanted.ignore_end = true;
       }},
      {"format", [](GenerateRequest& wanted) { wanted.format = models::TextFormat{.text = "no JSON"}; }},
      {"prompt", [](GenerateRequest& wanted) { wanted.prompt = std::vector<Token>{128}; }},
  };
  for (const Case& each : cases) {
    const Status status = tell([&] {
      auto wanted = request("once");
      each.spoil(wanted);
      return wanted;
    });
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << each.knob;
    EXPECT_THAT(grpc::error_info(status)->metadata, ::testing::Contains(::testing::Pair("knob", each.knob)))
        << status.message();
  }
}

TEST_F(Generate, WhoLeavesIsInOneStepMoreAtMostAndFreesItsPages) {
  toy_.engine().permit(5);
  teller_->wanted = [&] {
    auto wanted = request("xyz", 90);
    wanted.ignore_end = true;
    return wanted;
  };
  {
    ClientReader<Buffer> call{channel_, "/test.Teller/Tell", Buffer{}, CallOptions{}};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(call.read().wait());
    call.cancel();
    (void)call.finish().wait();
  }
  toy_.engine().permit(10);
  for (int i = 0; i < 6000 && toy_.statistics().saved.cancelled == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  EXPECT_EQ(toy_.statistics().saved.cancelled, 1U);
  EXPECT_EQ(toy_.statistics().pages_in_use, 0U);
  toy_.engine().release();
}

}  // namespace
}  // namespace parlance::text::testing
