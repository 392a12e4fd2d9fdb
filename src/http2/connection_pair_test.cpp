#include <string>

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

using testing::ElementsAre;

TEST(ConnectionPair, SmallUnaryCallsAreAnsweredOverAndOver) {
  Engine client{Role::kClient};
  Engine server{Role::kServer};
  server.on_data_do = [&](StreamId stream, std::string_view data, bool end_stream) {
    EXPECT_TRUE(end_stream);
    EXPECT_TRUE(server.send_headers(stream, kOk, false));
    EXPECT_TRUE(server.send_data(stream, data, false));
    EXPECT_TRUE(server.send_headers(stream, kTrailers, true));
  };
  exchange(client, server);
  EXPECT_THAT(client.events(), ElementsAre("settings"));
  EXPECT_THAT(server.events(), ElementsAre("settings"));
  for (int call = 0; call < 100; ++call) {
    const StreamId id = client.open(kPost, false);
    ASSERT_EQ(id, 1U + 2 * call);
    ASSERT_TRUE(client.send_data(id, "ping", true));
    exchange(client, server);
    const std::string on = std::to_string(id);
    ASSERT_THAT(server.events(),
                ElementsAre("request " + on + " :method=POST :scheme=http :path=/s/m :authority=localhost",
                            "data " + on + " ping end", "closed " + on));
    ASSERT_THAT(client.events(), ElementsAre("headers " + on + " :status=200", "data " + on + " ping",
                                             "headers " + on + " grpc-status=0 end", "closed " + on));
  }
  EXPECT_EQ(client->open_streams(), 0U);
  EXPECT_EQ(server->open_streams(), 0U);
}

TEST(ConnectionPair, BodiesLargerThanAnyWindowPassInBothDirections) {
  Limits limits;
  limits.initial_connection_window_bytes = 64 * 1024;
  Engine client{Role::kClient, limits};
  Engine server{Role::kServer, limits};
  const std::string body(3'000'000, 'x');
  std::map<StreamId, std::size_t> received;
  server.on_data_do = [&](StreamId stream, std::string_view data, bool end_stream) {
    received[stream] += data.size();
    if (!end_stream) return;
    server.send_headers(stream, kOk, false);
    server.send_data(stream, body, false);
    server.send_headers(stream, kTrailers, true);
  };
  std::map<StreamId, std::size_t> answered;
  client.on_data_do = [&](StreamId stream, std::string_view data, bool) { answered[stream] += data.size(); };
  exchange(client, server);
  for (int i = 0; i < 3; ++i) client.send_data(client.open(kPost, false), body, true);
  exchange(client, server);
  EXPECT_THAT(received,
              ElementsAre(std::pair(1, body.size()), std::pair(3, body.size()), std::pair(5, body.size())));
  EXPECT_EQ(answered, received);
  EXPECT_EQ(client->open_streams(), 0U);
  EXPECT_FALSE(client->error());
  EXPECT_FALSE(server->error());
}

}  // namespace
}  // namespace parlance::http2::test
