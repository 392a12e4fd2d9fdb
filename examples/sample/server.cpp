// sample-server ADDRESS: serves sample.v1.Greeter, health and reflection until SIGTERM.
#include <cstdio>
#include <memory>

#include "net/signals.h"
#include "rpc/server.h"
#include "sample.parlance.h"
#include "services/health_service.h"
#include "services/reflection_service.h"

using namespace parlance;

class Greeter final : public sample::v1::Greeter::Handler {
  Task<Result<sample::v1::GreetResponse>> Greet(ServerCall&,
                                                Incoming<sample::v1::GreetRequest> request) override {
    if (request->name().empty()) co_return Status{StatusCode::kInvalidArgument, "name is empty"};
    sample::v1::GreetResponse response;
    response.set_text("Hello, " + request->name());
    co_return response;
  }
};

int main(int count, char** arguments) {
  Server server{{.listen = {count > 1 ? arguments[1] : "127.0.0.1:50051"}}};
  server.add(std::make_shared<Greeter>());
  server.add(services::make_health_service(std::make_shared<services::HealthRegistry>()));
  services::add_reflection(server);

  net::SignalWait signals{SIGTERM, SIGINT};
  if (const Result<void> started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().to_string().c_str());
    return 1;
  }
  std::printf("listening on %s\n", server.addresses().front().c_str());
  std::fflush(stdout);
  signals.wait();
  server.shutdown();
  server.wait();
}
