// What a peer may not do too often: each limit ends the connection with ENHANCE_YOUR_CALM and says why.

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

using testing::HasSubstr;
// Feeds `attack(i)` for i = 0, 1, … and returns how many the server took before it went away.
int taken(Engine& server, const std::function<std::string(int)>& attack, int most, Duration pace = {}) {
  for (int i = 0; i < most; ++i) {
    server.receive(attack(i));
    server.now += pace;
    server.output();
    if (server->error()) return i;
  }
  return most;
}

std::string reset_stream(int i) {
  const auto id = 1 + 2 * static_cast<StreamId>(i);
  return Wire().headers(id, kGet, kEnd) + Wire::rst_stream(id, ErrorCode::kCancel);
}

void expect_calm(const Engine& server, Connection& connection, std::string_view knob) {
  ASSERT_TRUE(connection.error());
  EXPECT_EQ(connection.error()->code, ErrorCode::kEnhanceYourCalm);
  EXPECT_EQ(connection.error()->by, EndedBy::kLocal);
  EXPECT_THAT(connection.error()->reason, HasSubstr("option " + std::string(knob)));
  EXPECT_TRUE(connection.finished());
  (void)server;
}

// CVE-2023-44487.
TEST(Abuse, RapidResetEndsTheConnection) {
  Engine server{Role::kServer};
  server.receive(Wire::preface());
  EXPECT_EQ(taken(server, reset_stream, 5000), 1000);
  expect_calm(server, server.connection(), "resets");
}

TEST(Abuse, ResetsAtALowRateAreFine) {
  Engine server{Role::kServer};
  server.receive(Wire::preface());
  EXPECT_EQ(taken(server, reset_stream, 5000, 31ms), 5000);
}

TEST(Abuse, MakingUsResetCountsAsWell) {
  Engine server{Role::kServer};
  server.receive(Wire::preface());
  const auto malformed = [](int i) {
    return Wire().headers(1 + 2 * static_cast<StreamId>(i), {{":method", "GET"}}, kEnd);
  };
  EXPECT_EQ(taken(server, malformed, 5000), 1000);
  expect_calm(server, server.connection(), "resets");
}

TEST(Abuse, AClientTakesAnyNumberOfResets) {
  Engine client{Role::kClient};
  client.receive(Wire::settings());
  for (int i = 0; i < 3000; ++i)
    client.receive(Wire::rst_stream(client.open(kGet, true), ErrorCode::kCancel));
  EXPECT_FALSE(client->error());
}

TEST(Abuse, PingFloodEndsTheConnection) {
  Engine server{Role::kServer};
  server.receive(Wire::preface());
  EXPECT_EQ(taken(server, [](int) { return Wire::ping(); }, 5000), 100);
  expect_calm(server, server.connection(), "pings");
}

TEST(Abuse, SettingsFloodEndsTheConnection) {
  Engine server{Role::kServer};
  server.receive(Wire::preface());
  EXPECT_EQ(
      taken(server, [](int) { return Wire::settings(); }, 5000), 99);  // the first came with the preface
  expect_calm(server, server.connection(), "settings");
}

TEST(Abuse, FramesWithoutEffectEndTheConnection) {
  const std::vector<std::string> attacks = {
      Wire::data(1, ""), Wire::data(1, std::string("\x05\0\0\0\0\0", 6), flags::kPadded),
      Wire::priority(9, 3), Wire::frame(static_cast<FrameType>(0x77), 0, 0, "")};
  for (const std::string& attack : attacks) {
    Engine server{Role::kServer};
    server.receive(Wire::preface() + Wire().headers(1, kPost));
    EXPECT_EQ(taken(server, [&](int) { return attack; }, 5000), 1000);
    expect_calm(server, server.connection(), "empty_frames");
  }
}

TEST(Abuse, WindowUpdatesBeyondWhatWasSentEndTheConnection) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kPost));
  EXPECT_EQ(taken(server, [](int) { return Wire::window_update(0, 1); }, 5000), 1008);
  expect_calm(server, server.connection(), "empty_frames");
}

// CVE-2024-27316.
TEST(Abuse, ContinuationFloodEndsTheConnection) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire::frame(FrameType::kHeaders, 0, 1, Wire().block(kGet)));
  const auto attack = [](int) { return Wire::frame(FrameType::kContinuation, 0, 1, "\x0f\x01\x00"); };
  EXPECT_EQ(taken(server, attack, 100), 8);
  expect_calm(server, server.connection(), "max_continuations");
}

TEST(Abuse, AnswersThatNobodyReadsEndTheConnection) {
  Limits limits;
  limits.pings = {1'000'000, 1};
  Engine server{Role::kServer, limits};
  server.receive(Wire::preface());
  for (int i = 0; i < 5000 && !server->error(); ++i) server.receive(Wire::ping());
  expect_calm(server, server.connection(), "max_queued_control_bytes");
}

TEST(Abuse, ResponsesThatNobodyReadsWaitOnTheirStreams) {
  Engine server{Role::kServer};
  const std::string large(8000, 'v');
  server.on_request_do = [&](StreamId stream, bool) {
    server.send_headers(stream, {{":status", "200"}, {"x-large", large}}, true);
  };
  server.receive(Wire::preface());
  Wire wire;
  for (StreamId id = 1; id < 4000; id += 2) server.receive(wire.headers(id, kGet, kEnd));
  EXPECT_EQ(server->open_streams(), 1000U);  // the rest is refused: the first ones are not answered yet
  EXPECT_FALSE(server->error());
}

TEST(Abuse, TheDebugTextOfGoawayNamesLimitObservationAndKnob) {
  Limits limits;
  limits.pings = {2, 1};
  Engine server{Role::kServer, limits};
  server.receive(Wire::preface());
  server.sent();
  server.receive(Wire::ping() + Wire::ping() + Wire::ping());
  EXPECT_EQ(server.sent().back(), "GOAWAY 0 ENHANCE_YOUR_CALM");
  EXPECT_EQ(server.debug_data(),
            "too many PINGs: 3 on this connection, allowed are 2 at once and 1 per second (option pings)");
}

}  // namespace
}  // namespace parlance::http2::test
