// The golden code as a user has it: made by parlance_generate, compiled with the project's warnings.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "golden.parlance.h"
#include "no_package.parlance.h"
#include "shadow.parlance.h"

namespace {

using parlance::MethodBinding;
using parlance::MethodType;

struct Bound {
  std::string name;
  MethodType type;
  bool operator==(const Bound&) const = default;
};

std::vector<Bound> bound(parlance::Service& service) {
  std::vector<Bound> methods;
  for (const MethodBinding& method : service.methods()) methods.push_back({method.name(), method.type()});
  return methods;
}

TEST(GeneratedHandler, BindsEveryMethodUnderItsNameOnTheWire) {
  golden::v1::Everything::Handler handler;
  EXPECT_EQ(handler.full_name(), "golden.v1.Everything");
  EXPECT_EQ(bound(handler), (std::vector<Bound>{{"Unary", MethodType::kUnary},
                                                {"ServerStreaming", MethodType::kServerStreaming},
                                                {"ClientStreaming", MethodType::kClientStreaming},
                                                {"Bidi", MethodType::kBidiStreaming},
                                                {"Foreign", MethodType::kUnary},
                                                {"delete", MethodType::kUnary},
                                                {"Handler", MethodType::kUnary},
                                                {"Client", MethodType::kClientStreaming},
                                                {"methods", MethodType::kServerStreaming}}));
}

TEST(GeneratedHandler, OfAServiceWithoutMethodsBindsNone) {
  golden::v1::Empty::Handler handler;
  EXPECT_EQ(handler.full_name(), "golden.v1.Empty");
  EXPECT_TRUE(handler.methods().empty());
}

TEST(GeneratedHandler, OfAServiceWithoutPackageIsInTheGlobalNamespace) {
  ::Bare::Handler handler;
  EXPECT_EQ(handler.full_name(), "Bare");
  EXPECT_EQ(bound(handler), (std::vector<Bound>{{"Echo", MethodType::kUnary}}));
}

TEST(GeneratedHandler, IsRightWhereAPackageHidesTheRuntime) {
  golden::v1::Shadowed::Handler handler;
  EXPECT_EQ(bound(handler), (std::vector<Bound>{{"Unary", MethodType::kUnary}}));
}

}  // namespace
