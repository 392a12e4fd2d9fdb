#include "app/chat_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using ::testing::HasSubstr;

TEST(ChatLine, ALineWithoutASlashIsText) {
  for (const char* const line : {"It was", "", " /stats", "1/2 of it"}) {
    EXPECT_EQ(parse_chat_line(line).action, ChatAction::kSay) << line;
    EXPECT_EQ(parse_chat_line(line).argument, line);
  }
}

TEST(ChatLine, CommandsAreFoundWithBlanksBehindThem) {
  EXPECT_EQ(parse_chat_line("/stats").action, ChatAction::kStats);
  EXPECT_EQ(parse_chat_line("/new  ").action, ChatAction::kNew);
  EXPECT_EQ(parse_chat_line("/help\r").action, ChatAction::kHelp);
  EXPECT_EQ(parse_chat_line("/quit").action, ChatAction::kQuit);
}

TEST(ChatLine, AModelHasANameOrNone) {
  EXPECT_EQ(parse_chat_line("/model").argument, "");
  const ChatLine line = parse_chat_line("/model \t storyteller ");
  EXPECT_EQ(line.action, ChatAction::kModel);
  EXPECT_EQ(line.argument, "storyteller");
}

TEST(ChatLine, WhatIsNoCommandIsTold) {
  const std::pair<const char*, const char*> cases[] = {
      {"/stast", "there is no command '/stast'; did you mean '/stats'?"},
      {"/", "there is no command '/'"},
      {"/abracadabra 1", "there is no command '/abracadabra'; /help lists them"},
      {"/quit now", "/quit takes nothing behind it"},
  };
  for (const auto& [line, problem] : cases) {
    EXPECT_EQ(parse_chat_line(line).action, ChatAction::kUnknown) << line;
    EXPECT_THAT(parse_chat_line(line).argument, HasSubstr(problem));
  }
}

TEST(ChatHelp, NamesEveryCommand) {
  for (const char* const name : {"/stats", "/new", "/model NAME", "/help", "/quit", "Ctrl-C"})
    EXPECT_THAT(chat_help(), HasSubstr(name));
}

TEST(ChatText, IsLinesAndAnswersInTurn) {
  ChatText chat;
  chat.add_line("It was");
  chat.add_answer(" a fine day.");
  EXPECT_EQ(chat.text(), "It was a fine day.");
  chat.add_line("Emma");
  chat.add_answer(" said so.\n");
  chat.add_line("Then");
  EXPECT_EQ(chat.text(), "It was a fine day.\nEmma said so.\nThen");
  chat.clear();
  EXPECT_EQ(chat.text(), "");
}

TEST(ChatText, GoesOnAsItStandsWhenNothingIsTyped) {
  ChatText chat;
  chat.add_line("It was");
  chat.add_answer(" fine");
  chat.add_line("");
  EXPECT_EQ(chat.text(), "It was fine");
}

TEST(ChatText, ForgetsHalvesOfWhatCameBeforeTheLastLine) {
  ChatText chat;
  chat.add_line("one two three four");
  EXPECT_FALSE(chat.forget_half()) << "nothing came before";
  chat.add_answer(" five six");
  chat.add_line("Then");
  EXPECT_TRUE(chat.forget_half());
  EXPECT_EQ(chat.text(), "five six\nThen");
  int more = 0;
  while (chat.forget_half()) ++more;
  EXPECT_EQ(chat.text(), "Then");
  EXPECT_LE(more, 4);
}

TEST(ChatText, ForgetsAllBeforeTheEndWhenItOnlyGoesOn) {
  ChatText chat;
  chat.add_line("Größe 東京");
  chat.add_line("");
  while (chat.forget_half()) {
  }
  EXPECT_EQ(chat.text(), "");
}

TEST(ForTerminal, KeepsTextAndReplacesControls) {
  EXPECT_EQ(for_terminal("Größe\t東京\n"), "Größe\t東京\n");
  EXPECT_EQ(for_terminal("a\x1b[2Jb\r"), "a\uFFFD[2Jb\uFFFD");
  EXPECT_EQ(for_terminal("\xC2\x9B"
                         "2J\xC2\xA0\x7F"),
            "\uFFFD2J\xC2\xA0\uFFFD");
}

}  // namespace
}  // namespace parlance::app
