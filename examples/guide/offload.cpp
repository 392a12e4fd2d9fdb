// Work that blocks or computes for long, on threads of its own, stopped when nobody waits for it.
#include <memory>
#include <stdexcept>
#include <string>

#include "example.h"
#include "grpc/error_details.h"
#include "net/thread_pool.h"
#include "rpc/offload.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// [handler]
class Model final : public Words::Handler {
 public:
  guide::Event started;
  guide::Event stopped;

 private:
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text> request) override {
    const std::string& text = request->text();
    const std::stop_token stop = call.stop_token();
    auto work = [&text, stop, this] { return compute(text, stop); };  // named first, see docs/coroutines.md
    const std::string name = co_await offload(pool_, work);           // the loop serves others meanwhile
    co_return guide::label(name);
  }

  // On a thread of the pool.
  std::string compute(const std::string& text, const std::stop_token& stop) {
    if (text != "forever") return "computed " + text;
    started.happened();
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    stopped.happened();
    return "";
  }

  net::ThreadPool pool_{2};
};
// [/handler]

int main() {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  const auto model = std::make_shared<Model>();
  server.add(model);
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};

  auto forever = client.Classify(guide::text("forever"));
  guide::expect(model->started.wait(), "one call computes");
  guide::expect_equal(guide::value_of(client.Classify(guide::text("this")).wait()).name(), "computed this",
                      "another is answered meanwhile");
  forever.cancel();
  guide::expect(model->stopped.wait(), "the work stops when its caller has left");
}
