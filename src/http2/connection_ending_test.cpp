// How a connection ends (RFC 9113 sections 5.4.1 and 6.8).

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

const std::string kGetLine = " :method=GET :scheme=http :path=/ :authority=localhost";

TEST(Ending, GracefulShutdownHasTwoSteps) {
  Engine server{Role::kServer};
  Wire wire;
  server.receive(Wire::preface() + wire.headers(1, kGet, kEnd));
  server.sent();
  server.events();
  server->announce_shutdown("max_age");
  EXPECT_EQ(server.sent(), Lines{"GOAWAY 2147483647 NO_ERROR"});
  EXPECT_EQ(server.debug_data(), "max_age");
  EXPECT_TRUE(server->is_draining());
  server.receive(wire.headers(3, kGet, kEnd));
  EXPECT_EQ(server.events(), Lines{"request 3" + kGetLine + " end"});
  server->shutdown(ErrorCode::kNoError);
  EXPECT_EQ(server.sent(), Lines{"GOAWAY 3 NO_ERROR"});
  server.receive(wire.headers(5, kGet, kEnd));
  EXPECT_EQ(server.events(), Lines{});
  EXPECT_EQ(server.sent(), Lines{"RST_STREAM 5 REFUSED_STREAM"});
  server.send_headers(1, kOk, true);
  EXPECT_FALSE(server->finished());
  server.send_headers(3, kOk, true);
  server.sent();
  EXPECT_TRUE(server->finished());
  EXPECT_FALSE(server->error());
  EXPECT_EQ(server.events(), (Lines{"closed 1", "closed 3"}));
}

TEST(Ending, ShutdownWithAnErrorEndsEveryStreamAtOnce) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kGet, kEnd));
  server.sent();
  server.events();
  server->shutdown(ErrorCode::kInternalError, "out of order");
  EXPECT_EQ(server.events(), Lines{"closed 1 by transport INTERNAL_ERROR"});
  EXPECT_EQ(server.sent(), Lines{"GOAWAY 1 INTERNAL_ERROR"});
  EXPECT_TRUE(server->finished());
  ASSERT_TRUE(server->error());
  EXPECT_EQ(server->error()->reason, "out of order");
}

TEST(Ending, AConnectionErrorTellsEveryObserverBeforeGoawayLeaves) {
  Engine client{Role::kClient};
  client.open(kGet, true);
  client.open(kPost, false);
  client.sent();
  client.receive(Wire::settings() + Wire::window_update(0, 0) + Wire::ping());
  EXPECT_EQ(client.events(), (Lines{"settings", "closed 1 by transport PROTOCOL_ERROR",
                                    "closed 3 by transport PROTOCOL_ERROR"}));
  EXPECT_TRUE(client->wants_write());
  EXPECT_TRUE(client->finished());
  EXPECT_EQ(client->open_streams(), 0U);
  EXPECT_FALSE(client->can_open_stream());
  EXPECT_EQ(client.sent(), (Lines{"SETTINGS ack", "GOAWAY 0 PROTOCOL_ERROR"}));
  EXPECT_FALSE(client->wants_write());
  client.receive(Wire::ping());
  client->ping(7);
  EXPECT_EQ(client.sent(), Lines{});
}

TEST(Ending, TheTransportsEndEndsEveryStreamOnce) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kGet, kEnd));
  server.events();
  server->on_transport_closed("reset by peer");
  server->on_transport_closed("again");
  EXPECT_EQ(server.events(), Lines{"closed 1 by transport CANCEL"});
  ASSERT_TRUE(server->error());
  EXPECT_EQ(server->error()->reason, "reset by peer");
  EXPECT_TRUE(server->finished());
}

TEST(Ending, AServerWhoseClientLeavesFinishesWithItsLastStream) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kGet, kEnd) + Wire::goaway(0, ErrorCode::kNoError));
  EXPECT_FALSE(server->finished());
  server.send_headers(1, kOk, true);
  server.sent();
  EXPECT_TRUE(server->finished());
}

TEST(Ending, ObserversMaySubmitWhileTheConnectionDies) {
  Engine client{Role::kClient};
  client.on_closed_do = [&](StreamId stream) {
    EXPECT_FALSE(client->can_open_stream());
    EXPECT_FALSE(client.send_data(stream, "x", true));
    client->reset(3, ErrorCode::kCancel);
    client->shutdown(ErrorCode::kNoError);
  };
  client.open(kGet, true);
  client.open(kGet, true);
  client.sent();
  client.receive(Wire::settings() + Wire::window_update(0, 0));
  EXPECT_EQ(client.sent().back(), "GOAWAY 0 PROTOCOL_ERROR");
  EXPECT_EQ(client->open_streams(), 0U);
}

TEST(Ending, ResettingWithinTheStreamLimitMakesRoomAtOnce) {
  Limits limits;
  limits.max_concurrent_streams = 1;
  Engine server{Role::kServer, limits};
  server.on_request_do = [&](StreamId stream, bool) { server.send_headers(stream, kOk, true); };
  server.receive(Wire::preface() + Wire().headers(1, kGet, kEnd) + Wire().headers(3, kGet, kEnd));
  EXPECT_EQ(server.events(), (Lines{"settings", "request 1" + kGetLine + " end", "closed 1",
                                    "request 3" + kGetLine + " end", "closed 3"}));
  EXPECT_EQ(server.last_stream_count, 0U);
}

}  // namespace
}  // namespace parlance::http2::test
