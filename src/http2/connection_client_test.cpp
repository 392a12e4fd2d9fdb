// What a client does with the frames of a server: scripts of RFC 9113, each cut in every way.

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

Texts with(Texts texts, std::string_view name, std::string_view value) {
  texts.emplace_back(name, value);
  return texts;
}

void open_post(Engine& engine) { engine.open(kPost, false); }
void open_get(Engine& engine) { engine.open(kGet, true); }
void open_three(Engine& engine) {
  for (int i = 0; i < 3; ++i) open_get(engine);
}

void expect_client(const std::string& after_settings, Lines events, Lines sent,
                   const std::function<void(Engine&)>& prepare = open_post, const Limits& limits = {}) {
  events.insert(events.begin(), "settings");
  sent.insert(sent.begin(), "SETTINGS ack");
  expect_script(Role::kClient, limits, Wire::settings() + after_settings, events, sent, prepare);
}

void expect_reset(const std::string& after_settings, Lines events, const std::string& code) {
  events.push_back("closed 1 by us " + code);
  expect_client(after_settings, std::move(events), {"RST_STREAM 1 " + code});
}

TEST(Client, BeginsWithPrefaceSettingsAndConnectionWindow) {
  Engine client{Role::kClient};
  const std::string bytes = client.output();
  EXPECT_TRUE(bytes.starts_with(kPreface));
  Engine other{Role::kClient};
  EXPECT_EQ(other.sent(), (Lines{"SETTINGS 2=0 4=65536 6=16384", "WINDOW_UPDATE 0 +983041"}));
}

TEST(Client, OpensOddStreamsInOrder) {
  Engine client{Role::kClient};
  client.sent();
  EXPECT_EQ(client.open(kGet, true), 1U);
  EXPECT_EQ(client.open(kPost, false), 3U);
  EXPECT_EQ(client.sent(), (Lines{"HEADERS 1 :method=GET :scheme=http :path=/ :authority=localhost END",
                                  "HEADERS 3 :method=POST :scheme=http :path=/s/m :authority=localhost"}));
}

TEST(Client, AResponseWithBodyAndTrailersIsReportedInOrder) {
  Wire wire;
  expect_client(wire.headers(1, kOk) + Wire::data(1, "hello ") + Wire::data(1, "world") +
                    wire.headers(1, kTrailers, kEnd),
                {"headers 1 :status=200", "data 1 hello world", "headers 1 grpc-status=0 end", "closed 1"},
                {}, open_get);
}

// RFC 9113 section 8.1: any number of informational responses come before the final one.
TEST(Client, InformationalResponsesComeBeforeTheFinalOne) {
  Wire wire;
  expect_client(
      wire.headers(1, {{":status", "100"}}) + wire.headers(1, {{":status", "103"}, {"link", "x"}}) +
          wire.headers(1, kOk, kEnd),
      {"headers 1 :status=100", "headers 1 :status=103 link=x", "headers 1 :status=200 end", "closed 1"}, {},
      open_get);
  expect_reset(Wire().headers(1, {{":status", "100"}}, kEnd), {}, "PROTOCOL_ERROR");
}

TEST(Client, AResponseWithoutStatusIsMalformed) {
  expect_reset(Wire().headers(1, kTrailers, kEnd), {}, "PROTOCOL_ERROR");
}

TEST(Client, DataBeforeTheResponsesHeadersAreMalformed) {
  expect_reset(Wire::data(1, "x"), {}, "PROTOCOL_ERROR");
  Wire wire;
  expect_reset(wire.headers(1, {{":status", "100"}}) + Wire::data(1, "x"), {"headers 1 :status=100"},
               "PROTOCOL_ERROR");
}

TEST(Client, TrailersWithoutEndStreamAreMalformed) {
  Wire wire;
  expect_reset(wire.headers(1, kOk) + wire.headers(1, kTrailers), {"headers 1 :status=200"},
               "PROTOCOL_ERROR");
}

TEST(Client, TheBodyMustBeAsLongAsContentLengthSays) {
  const Texts five = with(kOk, "content-length", "5");
  expect_reset(Wire().headers(1, five) + Wire::data(1, "", kEnd), {"headers 1 :status=200 content-length=5"},
               "PROTOCOL_ERROR");
  expect_reset(Wire().headers(1, five, kEnd), {}, "PROTOCOL_ERROR");
}

// RFC 9110 sections 8.6 and 15.4.5.
TEST(Client, ResponsesWithoutABodyMayStillStateALength) {
  const Texts five = with(kOk, "content-length", "5");
  expect_client(Wire().headers(1, five, kEnd), {"headers 1 :status=200 content-length=5 end", "closed 1"}, {},
                [](Engine& engine) {
                  engine.open({{":method", "HEAD"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}},
                              true);
                });
  expect_client(Wire().headers(1, {{":status", "304"}, {"content-length", "5"}}, kEnd),
                {"headers 1 :status=304 content-length=5 end", "closed 1"}, {}, open_get);
}

TEST(Client, ATooLargeResponseHeaderSectionCostsTheStreamOnly) {
  Limits limits;
  limits.max_header_list_bytes = 300;
  Wire wire;
  const std::string large(400, 'v');
  expect_client(
      wire.headers(1, with(kOk, "x-large", large)) + wire.headers(3, kOk, kEnd),
      {"closed 1 by us ENHANCE_YOUR_CALM", "headers 3 :status=200 end", "closed 3"},
      {"RST_STREAM 1 ENHANCE_YOUR_CALM"},
      [](Engine& engine) {
        open_post(engine);
        open_get(engine);
      },
      limits);
}

TEST(Client, StreamsThatTheServerOpensEndTheConnection) {
  const Lines events{"closed 1 by transport PROTOCOL_ERROR"};
  const Lines sent{"GOAWAY 0 PROTOCOL_ERROR"};
  expect_client(Wire().headers(2, kOk), events, sent);
  expect_client(Wire().headers(3, kOk), events, sent);
  expect_client(Wire::frame(FrameType::kPushPromise, flags::kEndHeaders, 1, Wire::u32(2)), events, sent);
}

// RFC 9113 section 6.5.2.
TEST(Client, AServerMayNotAskForPush) {
  expect_client(Wire::settings({{SettingId::kEnablePush, 1}}), {"closed 1 by transport PROTOCOL_ERROR"},
                {"GOAWAY 0 PROTOCOL_ERROR"});
}

TEST(Client, AResetIsReportedWithItsCode) {
  expect_client(Wire::rst_stream(1, ErrorCode::kCancel), {"closed 1 by peer CANCEL"}, {});
  expect_client(Wire::rst_stream(1, ErrorCode::kRefusedStream),
                {"closed 1 by peer REFUSED_STREAM unprocessed"}, {});
}

// RFC 9113 section 8.1: the server answered without reading the whole request.
TEST(Client, AWholeResponseBeforeTheRequestsEndLeavesTheStreamToTheApplication) {
  Wire wire;
  expect_client(wire.headers(1, kOk, kEnd) + Wire::rst_stream(1, ErrorCode::kNoError),
                {"headers 1 :status=200 end", "closed 1 by peer NO_ERROR"}, {});
}

// RFC 9113 section 6.8.
TEST(Client, GoawayTellsWhichRequestsWereNotLookedAt) {
  Wire wire;
  expect_client(Wire::goaway(1, ErrorCode::kNoError, "maintenance") + wire.headers(1, kOk, kEnd),
                {"closed 3 by peer REFUSED_STREAM unprocessed", "closed 5 by peer REFUSED_STREAM unprocessed",
                 "goaway 1 NO_ERROR maintenance", "headers 1 :status=200 end", "closed 1"},
                {}, open_three);
}

TEST(Client, AfterGoawayNothingIsOpenedAndTheConnectionFinishesWithItsLastStream) {
  Engine client{Role::kClient};
  open_get(client);
  client.receive(Wire::settings() + Wire::goaway(kMaxStreamId, ErrorCode::kNoError));
  EXPECT_FALSE(client->can_open_stream());
  EXPECT_TRUE(client->is_draining());
  EXPECT_FALSE(client->finished());
  client.receive(Wire::goaway(1, ErrorCode::kNoError) + Wire().headers(1, kOk, kEnd));
  EXPECT_TRUE(client->finished());
  EXPECT_FALSE(client->error());
}

TEST(Client, AGoawayWithAnErrorIsTheConnectionsError) {
  Engine client{Role::kClient};
  client.receive(Wire::settings() + Wire::goaway(0, ErrorCode::kEnhanceYourCalm, "too_many_pings"));
  ASSERT_TRUE(client->error());
  EXPECT_EQ(client->error()->code, ErrorCode::kEnhanceYourCalm);
  EXPECT_EQ(client->error()->by, EndedBy::kPeer);
  EXPECT_EQ(client->error()->reason, "too_many_pings");
}

TEST(Client, AGoawayMayNotRaiseItsLastStream) {
  expect_client(Wire::goaway(1, ErrorCode::kNoError) + Wire::goaway(3, ErrorCode::kNoError),
                {"goaway 1 NO_ERROR ", "closed 1 by transport PROTOCOL_ERROR"}, {"GOAWAY 0 PROTOCOL_ERROR"});
}

// RFC 9113 section 5.1.2.
TEST(Client, KeepsBelowTheStreamLimitOfTheServer) {
  Engine client{Role::kClient};
  EXPECT_EQ(client->peer_max_concurrent_streams(), 100U);
  client.receive(Wire::settings({{SettingId::kMaxConcurrentStreams, 1}}));
  EXPECT_EQ(client->peer_max_concurrent_streams(), 1U);
  EXPECT_TRUE(client->can_open_stream());
  open_get(client);
  EXPECT_FALSE(client->can_open_stream());
  client.receive(Wire().headers(1, kOk, kEnd));
  EXPECT_TRUE(client->can_open_stream());
}

TEST(Client, OpeningFromWithinACallbackWorks) {
  Engine client{Role::kClient};
  client.on_closed_do = [&](StreamId stream) {
    if (stream == 1) client.open(kGet, true);
  };
  open_get(client);
  client.receive(Wire::settings() + Wire().headers(1, kOk, kEnd) + Wire().headers(3, kOk, kEnd));
  EXPECT_EQ(client.events(), (Lines{"settings", "headers 1 :status=200 end", "closed 1",
                                    "headers 3 :status=200 end", "closed 3"}));
}

TEST(ClientDeathTest, OpeningWhenItIsNotAllowedBreaksTheContract) {
  Engine client{Role::kClient};
  client.receive(Wire::settings({{SettingId::kMaxConcurrentStreams, 0}}));
  EXPECT_DEATH(open_get(client), "can_open_stream");
}

// The server acts on HEADER_TABLE_SIZE of ours only by what it encodes; ours must follow what it says.
TEST(Client, HeaderTableSizeOfTheServerIsFollowed) {
  Engine client{Role::kClient};
  client.sent();
  client.receive(Wire::settings({{SettingId::kHeaderTableSize, 0}}));
  open_get(client);
  open_get(client);
  const std::string line = ":method=GET :scheme=http :path=/ :authority=localhost END";
  EXPECT_EQ(client.sent(), (Lines{"SETTINGS ack", "HEADERS 1 " + line, "HEADERS 3 " + line}));
}

TEST(Client, AHeaderSectionLargerThanAFrameIsCutIntoContinuations) {
  Engine client{Role::kClient};
  client.sent();
  const std::string value(40'000, '\x7e');  // Huffman makes it no shorter
  client.open(with(kGet, "x-large", value), true);
  EXPECT_EQ(client.sent(),
            (Lines{"HEADERS 1 more", "CONTINUATION 1 more",
                   "CONTINUATION 1 :method=GET :scheme=http :path=/ :authority=localhost x-large=" + value}));
}

}  // namespace
}  // namespace parlance::http2::test
