// The engine and libnghttp2 talking to each other, with bodies that exceed every window.

#include "engine_session.h"

namespace parlance::http2::test {
namespace {

const std::string& body() {
  static const std::string text(1'000'000, 'b');
  return text;
}

template <typename Client, typename Server>
void exchange_calls(bool with_trailers) {
  Client client(Role::kClient);
  Server server(Role::kServer);
  server.answer_with_trailers = with_trailers;
  server.on_end = [&](StreamId stream) { server.respond(stream, &body()); };
  std::vector<StreamId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(client.request(kPost, i % 2 == 0 ? &body() : nullptr));
  for (bool moved = true; moved;) {
    const std::string to_server = client.output();
    server.receive(to_server);
    const std::string to_client = server.output();
    client.receive(to_client);
    moved = !to_server.empty() || !to_client.empty();
  }
  for (const StreamId id : ids) {
    SCOPED_TRACE("stream " + std::to_string(id));
    EXPECT_EQ(client.data_bytes[id], body().size());
    EXPECT_EQ(server.data_bytes[id], (id / 2) % 2 == 0 ? body().size() : 0);
    Lines expected{"headers :status=200", "data " + body()};
    if (with_trailers) expected.emplace_back("headers grpc-status=0");
    expected.insert(expected.end(), {"end", "closed NO_ERROR"});
    EXPECT_TRUE(client.log.lines().at(id) == expected) << "the client saw something else";
    EXPECT_EQ(server.log.lines().at(id).back(), "closed NO_ERROR");
  }
  EXPECT_FALSE(client.died());
  EXPECT_FALSE(server.died());
}

TEST(Exchange, EngineAsClientOfTheReference) {
  exchange_calls<EngineSession, ReferenceSession>(false);
  exchange_calls<EngineSession, ReferenceSession>(true);
}

TEST(Exchange, EngineAsServerOfTheReference) {
  exchange_calls<ReferenceSession, EngineSession>(false);
  exchange_calls<ReferenceSession, EngineSession>(true);
}

TEST(Exchange, EngineWithItself) {
  exchange_calls<EngineSession, EngineSession>(false);
  exchange_calls<EngineSession, EngineSession>(true);
}

}  // namespace
}  // namespace parlance::http2::test
