#include "services/reflection_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/concat.h"
#include "grpc/reflection/v1/reflection.parlance.h"
#include "grpc/reflection/v1alpha/reflection.parlance.h"
#include "services/health_service.h"

namespace parlance::services {
namespace {

namespace v1 = ::grpc::reflection::v1;
namespace v1alpha = ::grpc::reflection::v1alpha;
using ::testing::ElementsAre;

class ReflectionService : public ::testing::Test {
 protected:
  ReflectionService() {
    add_reflection(server_);
    server_.add(make_health_service(std::make_shared<HealthRegistry>()));
    const Result<void> started = server_.start();
    EXPECT_TRUE(started) << started.error().to_string();
  }

  Channel channel() const { return Channel::open(concat("127.0.0.1:", server_.ports().front())); }

  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
};

template <typename Call>
std::vector<std::string> listed_services(Call& call) {
  std::vector<std::string> names;
  const auto answer = call.read().wait();
  if (!answer) return names;
  for (const auto& service : answer->list_services_response().service()) names.push_back(service.name());
  return names;
}

template <typename Client, typename Request>
void expect_all_listed(const Channel& channel) {
  const Client client{channel};
  auto call = client.ServerReflectionInfo();
  Request request;
  request.set_list_services("");
  EXPECT_TRUE(call.write(request).wait());
  EXPECT_THAT(listed_services(call),
              ElementsAre("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
                          "grpc.health.v1.Health"));
  call.writes_done().wait();
  EXPECT_TRUE(call.finish().wait().ok());
}

TEST_F(ReflectionService, BothVersionsListEveryServiceOfTheServer) {
  expect_all_listed<v1::ServerReflection::Client, v1::ServerReflectionRequest>(channel());
  expect_all_listed<v1alpha::ServerReflection::Client, v1alpha::ServerReflectionRequest>(channel());
}

TEST_F(ReflectionService, TheStreamGoesOnAfterSomethingIsNotFound) {
  const v1::ServerReflection::Client client{channel()};
  auto call = client.ServerReflectionInfo();
  v1::ServerReflectionRequest request;
  request.set_file_containing_symbol("no.Symbol");
  EXPECT_TRUE(call.write(request).wait());
  EXPECT_EQ(call.read().wait()->error_response().error_code(), 5);
  for (const std::string symbol :
       {"grpc.health.v1.Health.Watch", "grpc.reflection.v1alpha.ServerReflection"}) {
    request.set_file_containing_symbol(symbol);
    EXPECT_TRUE(call.write(request).wait());
    EXPECT_EQ(call.read().wait()->file_descriptor_response().file_descriptor_proto_size(), 1) << symbol;
  }
  call.writes_done().wait();
  EXPECT_TRUE(call.finish().wait().ok());
}

}  // namespace
}  // namespace parlance::services
