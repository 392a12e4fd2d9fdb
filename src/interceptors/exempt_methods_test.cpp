#include "interceptors/exempt_methods.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

TEST(ExemptMethods, AreHealthAndReflectionUnlessSaid) {
  const ExemptMethods exempt;
  EXPECT_TRUE(exempt.contains("/grpc.health.v1.Health/Check"));
  EXPECT_TRUE(exempt.contains("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
  EXPECT_TRUE(exempt.contains("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"));
  EXPECT_FALSE(exempt.contains("/inference.InferenceService/Predict"));
}

TEST(ExemptMethods, ServicesAndMethodsAreNamedWhole) {
  const ExemptMethods exempt{{"a.Service", "/b.Service/One"}};
  EXPECT_TRUE(exempt.contains("/a.Service/Any"));
  EXPECT_TRUE(exempt.contains("/b.Service/One"));
  for (const char* path : {"/b.Service/Two", "/a.Servic/Any", "/a.Service2/Any", "/x.a.Service/Any",
                           "a.Service", "/a.Service", "", "/", "//", "/a.Service/Any/x", "/b.Service/One/"}) {
    EXPECT_FALSE(exempt.contains(path)) << path;
  }
}

}  // namespace
}  // namespace parlance::interceptors
