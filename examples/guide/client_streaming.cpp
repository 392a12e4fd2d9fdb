// A stream of requests, one response.
#include <algorithm>
#include <memory>

#include "example.h"

using namespace parlance;
using guide::v1::Text;
using guide::v1::Total;
using guide::v1::Words;

// [handler]
class Counter final : public Words::Handler {
  Task<Result<Total>> Count(ServerCall&, Reader<Text>& in) override {
    Total total;
    while (auto request = co_await in.read()) {
      const auto& text = (*request)->text();
      total.set_words(total.words() + 1 + std::ranges::count(text, ' '));
    }
    co_return total;
  }
};
// [/handler]

// [awaiting]
Task<Result<Total>> count_twice(const Words::Client& client, const Text& line) {
  auto lines = client.Count();
  for (int i = 0; i < 2; ++i) {
    if (!co_await lines.write(line)) break;  // the call has ended; finish() says why
  }
  co_return co_await lines.finish();
}
// [/awaiting]

int main() {
  Server server{{.listen = {"127.0.0.1:0"}}};
  server.add(std::make_shared<Counter>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};
  const Text line = guide::text("to be or not to be");

  // [blocking]
  auto lines = client.Count();
  const bool written = lines.write(line).wait();
  const Result<Total> total = lines.finish().wait();
  // [/blocking]
  guide::expect(written, "the message was taken");
  guide::expect_equal(guide::value_of(total).words(), 6, "words in one message");
  guide::expect_equal(guide::value_of(count_twice(client, line).wait()).words(), 12, "words in two");
}
