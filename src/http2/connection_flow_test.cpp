// Flow control and the send scheduler (RFC 9113 sections 5.2, 6.9).

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

// A server with `count` requests open and their headers answered.
void with_requests(Engine& server, int count, const std::vector<Setting>& settings = {}) {
  server.receive(std::string(kPreface) + Wire::settings(settings));
  for (int i = 0; i < count; ++i)
    server.receive(Wire().headers(1 + 2 * static_cast<StreamId>(i), kGet, kEnd));
  for (int i = 0; i < count; ++i) server.send_headers(1 + 2 * static_cast<StreamId>(i), kOk, false);
  server.sent();
  server.events();
}

std::string text(std::size_t size_bytes) { return std::string(size_bytes, 'd'); }

TEST(SendFlow, DataStopAtTheStreamsWindowAndGoOnWithItsUpdate) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 10}});
  server.send_data(1, "0123456789abcde", true);
  EXPECT_EQ(server->queued_bytes(1), 15U);
  EXPECT_EQ(server.sent(), Lines{"DATA 1 10"});
  EXPECT_FALSE(server->wants_write());
  server.receive(Wire::window_update(1, 2));
  EXPECT_EQ(server.sent(), Lines{"DATA 1 2"});
  server.receive(Wire::window_update(1, 100));
  EXPECT_EQ(server.sent(), Lines{"DATA 1 3 END"});
  EXPECT_EQ(server.events(), Lines{"closed 1"});
}

TEST(SendFlow, DataStopAtTheConnectionsWindowButHeadersDoNot) {
  Engine server{Role::kServer};
  with_requests(server, 3, {{SettingId::kInitialWindowSize, 1 << 20}});
  server.send_data(1, text(65535 + 10), true);
  server.send_data(3, text(10), false);
  EXPECT_EQ(server.sent(),
            (Lines{"DATA 3 10", "DATA 1 16384", "DATA 1 16384", "DATA 1 16384", "DATA 1 16373"}));
  server.send_data(5, "", true);
  server.send_headers(3, kTrailers, true);
  EXPECT_EQ(server.sent(), (Lines{"DATA 5 0 END", "HEADERS 3 grpc-status=0 END"}));
  server.receive(Wire::window_update(0, 1000));
  EXPECT_EQ(server.sent(), Lines{"DATA 1 20 END"});
}

TEST(SendFlow, StreamsTakeTurnsOfSixteenKibibytes) {
  Engine server{Role::kServer};
  with_requests(server, 3, {{SettingId::kInitialWindowSize, 1 << 20}});
  server.receive(Wire::window_update(0, 1 << 20));
  for (const StreamId stream : {1U, 3U, 5U}) server.send_data(stream, text(40'000), true);
  EXPECT_EQ(server.sent(),
            (Lines{"DATA 1 16384", "DATA 3 16384", "DATA 5 16384", "DATA 1 16384", "DATA 3 16384",
                   "DATA 5 16384", "DATA 1 7232 END", "DATA 3 7232 END", "DATA 5 7232 END"}));
}

TEST(SendFlow, SmallPiecesThatWaitShareAFrame) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 0}});
  for (int i = 0; i < 10; ++i) server.send_data(1, "abc", false);
  server.send_data(1, "", true);
  EXPECT_EQ(server.sent(), Lines{});
  server.receive(Wire::window_update(1, 31));
  EXPECT_EQ(server.sent(), Lines{"DATA 1 30 END"});
}

TEST(SendFlow, TrailersWaitForTheDataBeforeThem) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 4}});
  server.send_data(1, "12345678", false);
  {
    const std::string short_lived = "a value that is gone by the time it is sent";
    server.send_headers(1, {{"grpc-status", "0"}, {"x", short_lived}}, true);
  }
  EXPECT_FALSE(server.send_data(1, "after the end", false));
  EXPECT_EQ(server.sent(), Lines{"DATA 1 4"});
  server.receive(Wire::window_update(1, 4));
  EXPECT_EQ(server.sent(),
            (Lines{"DATA 1 4", "HEADERS 1 grpc-status=0 x=a value that is gone by the time it is sent END"}));
}

// RFC 9113 section 6.9.2.
TEST(SendFlow, AChangedInitialWindowMovesOpenStreamsAndMayMakeThemNegative) {
  Engine server{Role::kServer};
  with_requests(server, 1);
  server.send_data(1, text(60'000), false);
  server.sent();
  server.receive(Wire::settings({{SettingId::kInitialWindowSize, 16'384}}));
  server.send_data(1, "x", false);
  server.receive(Wire::window_update(1, 43'616));
  EXPECT_EQ(server.sent(), Lines{"SETTINGS ack"});
  server.receive(Wire::settings({{SettingId::kInitialWindowSize, 16'385}}));
  EXPECT_EQ(server.sent(), (Lines{"SETTINGS ack", "DATA 1 1"}));
}

// RFC 9113 section 6.9.1.
TEST(SendFlow, AWindowAboveTheMaximumIsAnError) {
  Engine stream{Role::kServer};
  with_requests(stream, 1);
  stream.receive(Wire::window_update(1, 0x7fff'ffff));
  EXPECT_EQ(stream.sent(), Lines{"RST_STREAM 1 FLOW_CONTROL_ERROR"});
  Engine connection{Role::kServer};
  with_requests(connection, 1);
  connection.receive(Wire::window_update(0, 0x7fff'ffff));
  EXPECT_EQ(connection.sent(), Lines{"GOAWAY 1 FLOW_CONTROL_ERROR"});
  Engine settings{Role::kServer};
  with_requests(settings, 1);
  settings.receive(Wire::window_update(1, 1'000'000) +
                   Wire::settings({{SettingId::kInitialWindowSize, 0x7fff'ffff}}));
  EXPECT_EQ(settings.sent(), Lines{"GOAWAY 1 FLOW_CONTROL_ERROR"});
}

// RFC 9113 section 6.9.
TEST(SendFlow, AnUpdateOfZeroIsAnError) {
  Engine stream{Role::kServer};
  with_requests(stream, 1);
  stream.receive(Wire::window_update(1, 0));
  EXPECT_EQ(stream.sent(), Lines{"RST_STREAM 1 PROTOCOL_ERROR"});
  Engine connection{Role::kServer};
  with_requests(connection, 0);
  connection.receive(Wire::window_update(0, 0));
  EXPECT_EQ(connection.sent(), Lines{"GOAWAY 0 PROTOCOL_ERROR"});
}

TEST(SendFlow, SendReadyComesOnceWhenTheQueueFallsToTheLowWaterMark) {
  Limits limits;
  limits.send_low_water_bytes = 1000;
  Engine server{Role::kServer, limits};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 500}});
  server.send_data(1, text(2000), false);
  server.sent();
  EXPECT_EQ(server.events(), Lines{});
  server.receive(Wire::window_update(1, 500));
  server.sent();
  EXPECT_EQ(server.events(), Lines{"send ready 1"});
  server.receive(Wire::window_update(1, 500));
  server.sent();
  EXPECT_EQ(server.events(), Lines{});
}

TEST(SendFlow, SendReadyComesForLittleThatWaitsOnceAllOfItIsSent) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 10}});
  server->tell_when_sent(1);  // nothing waits
  server.send_data(1, "0123456789abcde", false);
  server.sent();
  EXPECT_EQ(server.events(), Lines{});
  server->tell_when_sent(1);
  server.receive(Wire::window_update(1, 4));
  server.sent();
  EXPECT_EQ(server.events(), Lines{});
  server.receive(Wire::window_update(1, 1));
  server.sent();
  EXPECT_EQ(server.events(), Lines{"send ready 1"});
  server.send_data(1, "more", false);
  server.receive(Wire::window_update(1, 100));
  server.sent();
  EXPECT_EQ(server.events(), Lines{});
}

TEST(SendFlow, CountsTheMemoryOfWhatWaitsUntilItIsWritten) {
  Engine server{Role::kServer};
  with_requests(server, 2, {{SettingId::kInitialWindowSize, 40'000}});
  EXPECT_EQ(server->send_memory_bytes(), 0U);
  const Buffer message = Buffer::allocate(50'000);
  server->send_data(1, message, false);
  const std::size_t held = server->queued_memory_bytes(1);
  EXPECT_GE(held, message.memory_bytes());
  EXPECT_LT(held, message.memory_bytes() + 1000);
  server->send_data(3, message, false);
  server.send_headers(3, kTrailers, true);
  EXPECT_GT(server->queued_memory_bytes(3), held);
  EXPECT_EQ(server->send_memory_bytes(), held + server->queued_memory_bytes(3));
  server->reset(3, ErrorCode::kCancel);
  EXPECT_EQ(server->queued_memory_bytes(3), 0U);
  server.sent();
  EXPECT_EQ(server->queued_bytes(1), 10'000U);
  EXPECT_EQ(server->queued_memory_bytes(1), held) << "a message is held until all of it is sent";
  EXPECT_EQ(server->send_memory_bytes(), held);
  server.receive(Wire::window_update(1, 10'000));
  server.sent();
  EXPECT_EQ(server->send_memory_bytes(), 0U);
}

TEST(SendFlow, ALowerOutputTargetLeavesDataOnTheirStreams) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 1 << 20}});
  server.receive(Wire::window_update(0, 1 << 20));
  server->set_output_target(0);
  for (int i = 0; i < 6; ++i) server.send_data(1, text(10'000), false);
  EXPECT_EQ(server->queued_bytes(1), 20'000U) << "four messages make twice the 16 KiB of a turn";
  const std::string message = "DATA 1 10000";
  EXPECT_EQ(server.sent(), (Lines{message, message, message, message, "DATA 1 16384", "DATA 1 3616"}));
}

TEST(SendFlow, APeerThatDoesNotTakeAllGetsLessPastTheQueues) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 1 << 20}});
  server.receive(Wire::window_update(0, 1 << 20));
  server->set_output_target(0);
  server.send_data(1, text(10'000), false);
  std::array<iovec, 8> parts;
  ASSERT_GT(server->gather(parts), 0U);
  server->wrote(1);
  for (int i = 0; i < 4; ++i) server.send_data(1, text(10'000), false);
  EXPECT_EQ(server->queued_bytes(1), 30'000U) << "two messages make the 16 KiB of a turn";
}

TEST(SendFlow, SendReadyMaySubmitMoreAndMayReset) {
  Limits limits;
  limits.send_low_water_bytes = 10;
  Engine server{Role::kServer, limits};
  with_requests(server, 2);
  int more = 2;
  server.on_send_ready_do = [&](StreamId stream) {
    if (stream == 3) return server->reset(3, ErrorCode::kCancel);
    if (more-- > 0) server.send_data(1, text(20'000), more == 0);
  };
  server.send_data(1, text(20'000), false);
  server.send_data(3, text(20'000), false);
  server.sent();
  EXPECT_EQ(server.events(),
            (Lines{"send ready 1", "send ready 3", "closed 3 by us CANCEL", "send ready 1"}));
  server.receive(Wire::window_update(0, 100'000) + Wire::window_update(1, 100'000));
  EXPECT_EQ(server.sent().back(), "DATA 1 14465 END");
}

TEST(SendFlow, AResetStreamDropsWhatItHadQueuedAndItsTurn) {
  Engine server{Role::kServer};
  with_requests(server, 2);
  server.send_data(1, text(30'000), true);
  server.send_data(3, text(30'000), true);
  server->reset(1, ErrorCode::kCancel);
  EXPECT_EQ(server.sent(), (Lines{"RST_STREAM 1 CANCEL", "DATA 3 16384", "DATA 3 13616 END"}));
}

TEST(SendFlow, ACapOnTheOutputHoldsForAPeerThatDoesNotRead) {
  Engine server{Role::kServer};
  with_requests(server, 1, {{SettingId::kInitialWindowSize, 0x7fff'ffff}});
  server.receive(Wire::window_update(0, 0x7000'0000));
  server.send_data(1, text(10'000'000), true);
  std::array<iovec, 64> parts;
  const std::size_t count = server->gather(parts);
  std::size_t size_bytes = 0;
  for (std::size_t i = 0; i < count; ++i) size_bytes += parts[i].iov_len;
  EXPECT_LT(size_bytes, 160'000U);
  EXPECT_GT(server->queued_bytes(1), 9'800'000U);
}

// --- receiving

TEST(ReceiveFlow, TheConnectionIsCreditedOnReceiptAndTheStreamOnConsume) {
  Limits limits;
  limits.initial_stream_window_bytes = 65535;
  limits.initial_connection_window_bytes = 65535;
  Engine server{Role::kServer, limits};
  server.consume_at_once = false;
  server.receive(Wire::preface() + Wire().headers(1, kPost));
  server.sent();
  server.receive(Wire::data(1, text(16'384)) + Wire::data(1, text(16'384)));
  EXPECT_EQ(server.sent(), Lines{"WINDOW_UPDATE 0 +32768"});
  server->consume(1, 30'000);
  EXPECT_EQ(server.sent(), Lines{});
  server->consume(1, 2'768);
  EXPECT_EQ(server.sent(), Lines{"WINDOW_UPDATE 1 +32768"});
}

TEST(ReceiveFlow, NoUpdatesForAStreamThatSendsNoMore) {
  Engine server{Role::kServer};
  server.consume_at_once = false;
  server.receive(Wire::preface() + Wire().headers(1, kPost));
  for (int i = 0; i < 4; ++i) server.receive(Wire::data(1, text(12'000), i == 3 ? kEnd : 0));
  server.sent();
  server->consume(1, 48'000);
  EXPECT_EQ(server.sent(), Lines{});
}

// RFC 9113 section 6.9.1.
TEST(ReceiveFlow, DataBeyondAWindowAreAnError) {
  Limits limits;
  limits.initial_stream_window_bytes = 65535;
  Engine stream{Role::kServer, limits};
  stream.consume_at_once = false;
  stream.receive(Wire::preface() + Wire().headers(1, kPost));
  for (int i = 0; i < 4; ++i) stream.receive(Wire::data(1, text(16'380)));
  stream.sent();
  stream.receive(Wire::data(1, text(16)));
  EXPECT_EQ(stream.sent(), Lines{"RST_STREAM 1 FLOW_CONTROL_ERROR"});

  limits.initial_connection_window_bytes = 65535;
  limits.initial_stream_window_bytes = 1 << 20;
  Engine connection{Role::kServer, limits};
  connection.receive(Wire::preface() + Wire().headers(1, kPost));
  connection.sent();
  // No more than half the window is ever outstanding without an update, so only a frame beyond all of it
  // fails.
  connection.receive(Wire::data(1, text(16'384)));
  EXPECT_EQ(connection.sent(), Lines{});
}

// RFC 9113 sections 5.2.2 and 6.9: whatever the stream, the connection's window counts all DATA.
TEST(ReceiveFlow, DataOfStreamsThatAreGoneAreCreditedToTheConnection) {
  Limits limits;
  limits.initial_connection_window_bytes = 65535;
  Engine server{Role::kServer, limits};
  server.receive(Wire::preface() + Wire().headers(1, kPost));
  server->reset(1, ErrorCode::kCancel);
  server.sent();
  for (int i = 0; i < 8; ++i) server.receive(Wire::data(1, text(16'384)));
  EXPECT_EQ(server.sent(), (Lines{"WINDOW_UPDATE 0 +32768", "WINDOW_UPDATE 0 +32768",
                                  "WINDOW_UPDATE 0 +32768", "WINDOW_UPDATE 0 +32768"}));
  EXPECT_FALSE(server->error());
}

TEST(ReceiveFlow, PaddingIsGivenBackByTheConnectionItself) {
  Limits limits;
  limits.initial_stream_window_bytes = 1000;
  Engine server{Role::kServer, limits};
  server.consume_at_once = false;
  server.receive(Wire::preface() + Wire::settings_ack() + Wire().headers(1, kPost));
  server.sent();
  const std::string padded = "\xff" + std::string(255, '\0');
  server.receive(Wire::data(1, padded, flags::kPadded));
  EXPECT_EQ(server.sent(), Lines{});
  server.receive(Wire::data(1, padded, flags::kPadded));
  EXPECT_EQ(server.sent(), Lines{"WINDOW_UPDATE 1 +512"});
}

TEST(ReceiveFlow, ASmallerWindowHoldsFromTheAcknowledgement) {
  Limits limits;
  limits.initial_stream_window_bytes = 100;
  Engine server{Role::kServer, limits};
  server.consume_at_once = false;
  server.receive(Wire::preface() + Wire().headers(1, kPost) + Wire().headers(3, kPost));
  server.receive(Wire::data(1, text(500)));
  server.sent();
  server.receive(Wire::settings_ack() + Wire::data(3, text(101)));
  EXPECT_EQ(server.sent(), Lines{"RST_STREAM 3 FLOW_CONTROL_ERROR"});
}

TEST(ReceiveFlow, WindowsGrowWhileTheyAreTheLimit) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire::settings_ack() + Wire().headers(1, kPost));
  server.sent();
  const auto send = [&](int frames) {
    for (int i = 0; i < frames; ++i) server.receive(Wire::data(1, text(16'000)));
  };
  send(3);
  EXPECT_EQ(server.sent(), (Lines{"PING parlbdp" + std::string(1, '\0'), "WINDOW_UPDATE 1 +48000"}));
  send(2);
  server.now += 10ms;
  server.receive(Wire::ping(std::string_view("parlbdp\0", 8), flags::kAck));
  EXPECT_EQ(server.sent(), Lines{"SETTINGS 4=131072"});
  EXPECT_EQ(server.events().back(), "data 1 " + text(80'000));
}

TEST(ReceiveFlow, SmallCallsCauseNoPings) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire::settings_ack());
  server.sent();
  server.on_data_do = [&](StreamId stream, std::string_view, bool) {
    server.send_headers(stream, kOk, true);
  };
  Wire wire;
  for (StreamId id = 1; id < 4000; id += 2) {
    server.receive(wire.headers(id, kPost));
    server.receive(Wire::data(id, text(1000), kEnd));
    for (const std::string& line : server.sent()) ASSERT_FALSE(line.starts_with("PING")) << line;
  }
}

TEST(ReceiveFlowDeathTest, ConsumingMoreThanCameBreaksTheContract) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kPost));
  EXPECT_DEATH(server->consume(1, 1), "more than was received");
}

}  // namespace
}  // namespace parlance::http2::test
