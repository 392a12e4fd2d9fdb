#include "rpc/message_pool.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>

#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using detail::PooledMessage;

TEST(MessagePool, LendsMessagesThatAreEmpty) {
  for (int turn = 0; turn < 3; ++turn) {
    PooledMessage<Text> message;
    EXPECT_FALSE(message.has_value());
    EXPECT_EQ(message.emplace().value(), "");
    message->set_value(std::string(100, 'x'));
  }
}

TEST(MessagePool, LendsTheOneThatCameBackLast) {
  std::optional<PooledMessage<Text>> first{std::in_place};
  const Text* address = &first->emplace();
  first.reset();
  PooledMessage<Text> second;
  // Under a sanitizer each is a new one.
  EXPECT_TRUE(&second.emplace() == address || !kRecyclesMemory);
  EXPECT_EQ(second->value(), "");
}

TEST(MessagePool, AMessageMayComeBackOnAnotherThread) {
  PooledMessage<Text> message;
  message.emplace().set_value("lent here");
  std::thread{[moved = std::move(message)] { EXPECT_EQ(moved->value(), "lent here"); }}.join();
  PooledMessage<Text> next;
  EXPECT_EQ(next.emplace().value(), "");
}

TEST(MessagePool, IncomingMessagesOfOneTypeDoNotMeet) {
  const auto bytes = [](std::string value) {
    return Buffer::adopt(text(std::move(value)).SerializeAsString());
  };
  Incoming<Text> first{bytes("first")};
  Incoming<Text> second{bytes("second")};
  EXPECT_EQ(first->value(), "first");
  EXPECT_EQ(second->value(), "second");
  first = std::move(second);
  EXPECT_EQ(first->value(), "second");
}

TEST(MessagePool, AMessageThatDoesNotParseLeavesNothingBehind) {
  const auto broken = [] {
    return Incoming<Text>{
        Buffer::copy_of(as_bytes("\x0a\x03"
                                 "ab"))};
  };
  for (int turn = 0; turn < 2; ++turn) {
    Incoming<Text> message = broken();
    const Result<const Text*> parsed = message.parse();
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code(), StatusCode::kInternal);
    EXPECT_THROW((void)message->value(), MessageError);
  }
  Incoming<Text> good{Buffer::adopt(text("good").SerializeAsString())};
  EXPECT_EQ(good->value(), "good");
}

Task<Result<Text>> lent(std::string value) {
  Outgoing<Text> response;
  response->set_value(std::move(value));
  co_return response;
}
Task<Result<Text>> twice(std::string value) {
  Result<Text> once = co_await lent(std::move(value));
  once->set_value(once->value() + once->value());
  co_return *std::move(once);
}

TEST(Outgoing, MayBeAwaitedLikeAnyMessage) {
  const Result<Text> value = twice("ab").wait();
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->value(), "abab");
}

}  // namespace
}  // namespace parlance::testing
