#include "services/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::services {
namespace {

using ::testing::UnorderedElementsAre;

TEST(AdminServices, AreChannelzAndReflectionAndHealthWhenThereIsARegistry) {
  Server without{{.listen = {}}};
  add_admin_services(without);
  EXPECT_THAT(without.service_names(),
              UnorderedElementsAre("grpc.channelz.v1.Channelz", "grpc.reflection.v1.ServerReflection",
                                   "grpc.reflection.v1alpha.ServerReflection"));
  Server with{{.listen = {}}};
  add_admin_services(with, std::make_shared<HealthRegistry>());
  EXPECT_THAT(with.service_names(), UnorderedElementsAre("grpc.channelz.v1.Channelz", "grpc.health.v1.Health",
                                                         "grpc.reflection.v1.ServerReflection",
                                                         "grpc.reflection.v1alpha.ServerReflection"));
}

}  // namespace
}  // namespace parlance::services
