// Streams both ways.
#include <memory>
#include <string>
#include <thread>

#include "example.h"

using namespace parlance;
using guide::v1::Text;
using guide::v1::Token;
using guide::v1::Words;

// [handler]
class Parrot final : public Words::Handler {
  Task<Status> Echo(ServerCall&, Reader<Text>& in, Writer<Token>& out) override {
    while (auto request = co_await in.read()) {
      Token token;
      token.set_text((*request)->text());
      if (!co_await out.write(token)) break;
    }
    co_return Status{};
  }
};
// [/handler]

// [awaiting]
Task<Result<std::string>> talk(const Words::Client& client) {
  auto call = client.Echo();
  std::string heard;
  for (const char* said : {"hello", "world"}) {
    const Text line = guide::text(said);
    if (!co_await call.write(line)) break;
    const auto token = co_await call.read();
    if (!token) break;
    heard += token->text() + " ";
  }
  co_await call.writes_done();
  const Status status = co_await call.finish();
  if (!status.ok()) co_return status;
  co_return heard;
}
// [/awaiting]

int main() {
  Server server{{.listen = {"127.0.0.1:0"}}};
  server.add(std::make_shared<Parrot>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};
  guide::expect_equal(guide::value_of(talk(client).wait()), "hello world ", "the conversation");

  // [independent]
  auto call = client.Echo();
  std::jthread writer{[&call] {
    for (int i = 0; i < 1000 && call.write(guide::text("again")).wait(); ++i) {
    }
    call.writes_done().wait();
  }};
  int heard = 0;
  while (call.read().wait()) ++heard;
  const Status status = call.finish().wait();
  // [/independent]
  guide::expect(status.ok(), "the stream ends with OK");
  guide::expect_equal(heard, 1000, "tokens heard by one thread while another wrote");
}
