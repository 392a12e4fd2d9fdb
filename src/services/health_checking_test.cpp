// Channels that leave servers which say that they are not well (gRPC A17).
#include <gtest/gtest.h>

#include "services/server_pair_test_support.h"

namespace parlance::services {
namespace {

using parlance::testing::eventually;
using parlance::testing::ServerPair;

constexpr const char* kCheckHealth = R"({"loadBalancingConfig": [{"round_robin": {}}],
                                         "healthCheckConfig": {"serviceName": "app"}})";

TEST(ClientSideHealthChecking, LeavesAServerThatTurnsNotServingAndComesBack) {
  ServerPair servers;
  for (int number : {0, 1}) servers.registry(number).set("app", ServingStatus::kServing);
  const Channel channel = servers.open(kCheckHealth);
  const auto share = [&] { return servers.calls(channel, 10); };
  EXPECT_TRUE(eventually([&] { return share() == std::pair{5, 5}; }));

  servers.registry(0).set("app", ServingStatus::kNotServing);
  EXPECT_TRUE(eventually([&] { return share() == std::pair{0, 10}; }));
  servers.registry(0).set("app", ServingStatus::kServing);
  EXPECT_TRUE(eventually([&] { return share() == std::pair{5, 5}; }));
}

TEST(ClientSideHealthChecking, FailsCallsWhenNoServerIsServing) {
  ServerPair servers;  // neither knows of "app"
  const Channel channel = servers.open(kCheckHealth);
  const auto call = [&] {
    return ::grpc::health::v1::Health::Client{channel}
        .Check({}, {.timeout = std::chrono::seconds{20}})
        .wait();
  };
  Result<::grpc::health::v1::HealthCheckResponse> answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), StatusCode::kUnavailable);
  EXPECT_NE(answer.error().message().find("is not healthy"), std::string::npos) << answer.error().to_string();

  servers.registry(1).set("app", ServingStatus::kServing);
  EXPECT_TRUE(eventually([&] { return call().has_value(); }));
}

}  // namespace
}  // namespace parlance::services
