// One channel, several servers: policies and health checking.
#include <map>
#include <memory>
#include <string>

#include "example.h"
#include "services/health_registry.h"
#include "services/health_service.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Words;

// A server of Words that says how it is.
struct Replica {
  Replica() {
    // [health]
    server.add(std::make_shared<guide::Repeater>());
    server.add(services::make_health_service(health));
    health->set("guide.v1.Words", services::ServingStatus::kServing);
    // [/health]
    guide::start(server);
  }

  std::shared_ptr<services::HealthRegistry> health = std::make_shared<services::HealthRegistry>();
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::string address() const { return server.addresses().front(); }
};

// How many of ten calls each server answered.
std::map<std::string, int> spread(const Words::Client& client) {
  std::map<std::string, int> answered;
  for (int i = 0; i < 10; ++i) {
    auto call = client.Classify(guide::text("hello"));
    if (call.wait()) ++answered[std::string{call.peer()}];
  }
  return answered;
}

int main() {
  const Replica one;
  const Replica two;

  // [channel]
  const auto config = ServiceConfig::parse(R"({
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "guide.v1.Words"}
  })");
  if (!config) return std::fprintf(stderr, "%s\n", config.error().c_str()), 1;
  const std::string target = "ipv4:" + one.address() + "," + two.address();
  const Words::Client client{Channel::open(target, {.service_config = *config})};
  // [/channel]

  const std::map<std::string, int> even{{"ipv4:" + one.address(), 5}, {"ipv4:" + two.address(), 5}};
  guide::expect(guide::eventually([&] { return spread(client) == even; }), "both servers get their share");

  // [unwell]
  one.health->set("guide.v1.Words", services::ServingStatus::kNotServing);
  // [/unwell]
  const std::map<std::string, int> only_two{{"ipv4:" + two.address(), 10}};
  guide::expect(guide::eventually([&] { return spread(client) == only_two; }),
                "a server that is not well gets no calls");
}
