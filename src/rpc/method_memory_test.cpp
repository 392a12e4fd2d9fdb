#include "rpc/method_memory.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "rpc/channel_core.h"

namespace parlance::detail {
namespace {

std::shared_ptr<ChannelConfig> config() {
  const auto config = std::make_shared<ChannelConfig>();
  config->authority = "models.example:50051";
  config->user_agent = "grpc-c++-parlance/1";
  return config;
}

std::string_view value_of(http2::HeaderFields fields, std::string_view name) {
  for (const http2::HeaderField& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

TEST(ClientMethod, HasTheFieldsOfEveryCall) {
  const auto channel = config();
  const std::string path = "/a.B/C";
  const ClientMethod method{*channel, path};
  const http2::HeaderFields fields = method.head().fields();
  EXPECT_EQ(value_of(fields, ":method"), "POST");
  EXPECT_EQ(value_of(fields, ":scheme"), "http");
  EXPECT_EQ(value_of(fields, ":path"), "/a.B/C");
  EXPECT_EQ(value_of(fields, ":authority"), "models.example:50051");
  EXPECT_EQ(value_of(fields, "te"), "trailers");
  EXPECT_EQ(value_of(fields, "content-type"), "application/grpc");
  EXPECT_EQ(value_of(fields, "user-agent"), "grpc-c++-parlance/1");
  EXPECT_FALSE(value_of(fields, "grpc-accept-encoding").empty());
}

TEST(ClientMethods, KeepEachMethodOnceAndNoMoreThanTheirLimit) {
  const auto channel = config();
  ClientMethods methods;
  const ClientMethod* first = methods.find(*channel, "/a.B/0");
  for (std::size_t i = 1; i < ClientMethods::kMostKept; ++i) {
    const ClientMethod* method = methods.find(*channel, "/a.B/" + std::to_string(i));
    ASSERT_NE(method, nullptr);
    EXPECT_EQ(method->index(), i);
  }
  EXPECT_EQ(methods.find(*channel, "/a.B/one-more"), nullptr);
  EXPECT_EQ(methods.find(*channel, "/a.B/0"), first);
}

TEST(MethodMemory, FindsTheMethodOfTheTextAndNotOfThePlaceWhereItLies) {
  ChannelCore core{config()};
  MethodMemory memory;
  std::string path = "/a.B/First";
  const ClientMethod* first = memory.find(core, path);
  EXPECT_EQ(memory.find(core, path), first);
  path.replace(path.find("First"), 5, "Other");
  const ClientMethod* other = memory.find(core, path);
  EXPECT_EQ(other->path(), "/a.B/Other");
  EXPECT_EQ(memory.find(core, "/a.B/First"), first);
}

TEST(MethodMemory, AnEmptyPathIsAPathLikeAnyOther) {
  ChannelCore core{config()};
  MethodMemory memory;
  EXPECT_EQ(memory.find(core, {})->path(), "");
  EXPECT_EQ(memory.find(core, {})->path(), "");
}

TEST(MethodMemory, AsksAServiceConfigOnceUntilThereIsAnother) {
  ChannelCore core{config()};
  MethodMemory memory;
  const auto slow =
      ServiceConfig::parse(R"({"methodConfig": [{"name": [{"service": "a.B"}], "timeout": "5s"}]})");
  const ServiceConfig none;
  ASSERT_TRUE(slow);
  const ClientMethod& method = *memory.find(core, "/a.B/C");
  EXPECT_EQ(memory.config(method, *slow).timeout, std::chrono::seconds{5});
  EXPECT_EQ(&memory.config(method, none), &slow->method("/a.B/C"));
  memory.forget_configs();
  EXPECT_EQ(memory.config(method, none).timeout, std::nullopt);
}

TEST(MethodMemory, AMethodThatTheChannelDoesNotKeepIsLookedUpEachTime) {
  const auto channel = config();
  MethodMemory memory;
  const ClientMethod method{*channel, "/a.B/C"};
  const ServiceConfig none;
  EXPECT_EQ(&memory.config(method, none), &none.method("/a.B/C"));
}

}  // namespace
}  // namespace parlance::detail
