#include "app/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/exit_codes.h"
#include "base/concat.h"
#include "grpc/error_details.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "rpc/server.h"
#include "services/health_service.h"
#include "services/reflection_service.h"

namespace parlance::app {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kShopProto = R"(
syntax = "proto3";
package shop;
message Item { string name = 1; int32 count = 2; }
service Till {
  rpc Echo(Item) returns (Item);
  rpc Last(stream Item) returns (Item);
  rpc Twice(Item) returns (stream Item);
  rpc Each(stream Item) returns (stream Item);
  rpc Fail(Item) returns (Item);
}
)";

// shop.Till, which knows its messages as bytes only. Not in an unnamed namespace, as any service that binds
// its methods itself (gcc 12 warns of that in the frames of rpc's coroutine templates).
class ShopTill final : public Service {
 public:
  std::string_view full_name() const override { return "shop.Till"; }

  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Echo", *this, &ShopTill::Echo));
    methods.push_back(bind_client_streaming("Last", *this, &ShopTill::Last));
    methods.push_back(bind_server_streaming("Twice", *this, &ShopTill::Twice));
    methods.push_back(bind_bidi_streaming("Each", *this, &ShopTill::Each));
    methods.push_back(bind_unary("Fail", *this, &ShopTill::Fail));
    return methods;
  }

 private:
  Task<Result<Buffer>> Echo(ServerCall& call, Incoming<Buffer> request) {
    if (const auto token = call.request_metadata().get("x-token")) {
      EXPECT_TRUE(call.trailing_metadata().add("x-token", *token));
    }
    co_return *request;
  }
  Task<Result<Buffer>> Last(ServerCall&, Reader<Buffer>& in) {
    Buffer last;
    while (auto request = co_await in.read()) last = **request;
    co_return last;
  }
  Task<Status> Twice(ServerCall&, Incoming<Buffer> request, Writer<Buffer>& out) {
    co_await out.write(*request);
    co_await out.write(*request);
    co_return Status{};
  }
  Task<Status> Each(ServerCall&, Reader<Buffer>& in, Writer<Buffer>& out) {
    while (auto request = co_await in.read()) co_await out.write(**request);
    co_return Status{};
  }
  Task<Result<Buffer>> Fail(ServerCall&, Incoming<Buffer>) {
    co_return grpc::make_error(StatusCode::kResourceExhausted, "TILL_FULL", "no room",
                               {{"limit", "10"}, {"knob", "a bigger till"}});
  }
};

// Reflection as a server of before v1 has it; it lists one service.
class OldReflection final : public Service {
 public:
  std::string_view full_name() const override { return "grpc.reflection.v1alpha.ServerReflection"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(
        bind_bidi_streaming("ServerReflectionInfo", *this, &OldReflection::ServerReflectionInfo));
    return methods;
  }

 private:
  Task<Status> ServerReflectionInfo(ServerCall&, Reader<::grpc::reflection::v1::ServerReflectionRequest>& in,
                                    Writer<::grpc::reflection::v1::ServerReflectionResponse>& out) {
    ::grpc::reflection::v1::ServerReflectionResponse response;
    response.mutable_list_services_response()->add_service()->set_name("old.Service");
    while (auto request = co_await in.read()) co_await out.write(response);
    co_return Status{};
  }
};

namespace {

struct CallOutcome {
  int exit_code;
  std::string out;
  std::string error;
};

class Call : public ::testing::Test {
 protected:
  Call() {
    std::string name = (std::filesystem::temp_directory_path() / "parlance-call-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    write("shop.proto", kShopProto);
  }
  ~Call() override { std::filesystem::remove_all(folder_); }

  void start(bool with_reflection = true) {
    server_.add(std::make_shared<ShopTill>());
    server_.add(services::make_health_service(std::make_shared<services::HealthRegistry>()));
    if (with_reflection) services::add_reflection(server_);
    ASSERT_TRUE(server_.start());
  }

  std::string write(std::string_view name, std::string_view content) const {
    const std::filesystem::path file = folder_ / name;
    std::ofstream{file} << content;
    return file.string();
  }

  CallRequest request_for(std::string method, std::string data = {}) const {
    CallRequest request;
    request.target = concat("127.0.0.1:", server_.ports().front());
    request.method = std::move(method);
    request.data = std::move(data);
    request.style.compact = true;
    return request;
  }
  CallRequest shop_request(std::string_view method, std::string data = {}) const {
    CallRequest request = request_for(concat("shop.Till/", method), std::move(data));
    request.protos = {(folder_ / "shop.proto").string()};
    return request;
  }

  static CallOutcome run(const CallRequest& request) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_code = call(request);
    std::fflush(stdout);
    return {exit_code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
  }

  std::filesystem::path folder_;
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
};

TEST_F(Call, ByReflectionNeedsNoProto) {
  start();
  const CallOutcome check = run(request_for("grpc.health.v1.Health/Check"));
  EXPECT_EQ(check.out, "{\"status\":\"SERVING\"}\n");
  EXPECT_EQ(check.exit_code, 0) << check.error;
}

TEST_F(Call, AllFourKindsOfMethod) {
  start();
  const std::string item = R"({"name":"tea","count":2})";
  const std::string two = item + "\n{\"name\": \"milk\"}\n";
  EXPECT_EQ(run(shop_request("Echo", item)).out, item + "\n");
  EXPECT_EQ(run(shop_request("Last", two)).out, "{\"name\":\"milk\"}\n");
  EXPECT_EQ(run(shop_request("Twice", item)).out, item + "\n" + item + "\n");
  EXPECT_EQ(run(shop_request("Each", two)).out, item + "\n{\"name\":\"milk\"}\n");
  EXPECT_EQ(run(shop_request("Each", "@" + write("items.json", two))).out, item + "\n{\"name\":\"milk\"}\n");
  EXPECT_EQ(run(shop_request("Echo")).out, "{}\n") << "without data: an empty request";
  EXPECT_EQ(run(shop_request("Each")).out, "") << "without data: no request";
}

TEST_F(Call, ShowsMetadataAndStatusWhenAsked) {
  start();
  CallRequest request = shop_request("Echo");
  request.headers = {"X-Token:  abc "};
  request.verbose = true;
  EXPECT_EQ(run(request).error, "> /shop.Till/Echo\n> x-token: abc\n< x-token: abc\nOK (0)\n");
}

TEST_F(Call, EndsWithTheStatusAndSaysWhy) {
  start();
  const CallOutcome failed = run(shop_request("Fail"));
  EXPECT_EQ(failed.exit_code, 8);
  EXPECT_EQ(failed.out, "");
  EXPECT_EQ(failed.error,
            "RESOURCE_EXHAUSTED (8): no room\n"
            "  reason     TILL_FULL (parlance)\n"
            "  limit      10\n"
            "  knob       a bigger till\n");

  CallRequest watch = request_for("grpc.health.v1.Health/Watch");
  watch.timeout = std::chrono::milliseconds{200};
  const CallOutcome timed_out = run(watch);
  EXPECT_EQ(timed_out.out, "{\"status\":\"SERVING\"}\n");
  EXPECT_EQ(timed_out.exit_code, 4);
}

TEST_F(Call, ListsAndDescribes) {
  start();
  CallRequest list = request_for("");
  list.list = true;
  EXPECT_EQ(run(list).out,
            "shop.Till\ngrpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\n"
            "grpc.reflection.v1alpha.ServerReflection\n");
  list.method = "grpc.health.v1.Health";
  EXPECT_EQ(run(list).out,
            "grpc.health.v1.Health/Check\ngrpc.health.v1.Health/List\ngrpc.health.v1.Health/Watch\n");
  CallRequest describe = request_for("");
  describe.describe = "grpc.health.v1.HealthCheckRequest";
  EXPECT_EQ(run(describe).out, "message HealthCheckRequest {\n  string service = 1;\n}\n");
  describe.describe = "no.Such";
  const CallOutcome unknown = run(describe);
  EXPECT_EQ(unknown.exit_code, 5);
  EXPECT_EQ(unknown.error, "NOT_FOUND (5): the server knows no symbol 'no.Such'\n");
}

TEST_F(Call, WrongNamesAreToldWithTheRightOnes) {
  start();
  const CallOutcome method = run(shop_request("Ech"));
  EXPECT_EQ(method.exit_code, 5);
  EXPECT_EQ(method.error,
            "NOT_FOUND (5): shop.Till has no method 'Ech'; did you mean 'Echo'?\n"
            "Methods: Echo, Last, Twice, Each, Fail\n");
  const CallOutcome service = run(request_for("grpc.health.v1.Heath/Check"));
  EXPECT_EQ(service.exit_code, 5);
  EXPECT_THAT(service.error,
              StartsWith("NOT_FOUND (5): there is no service 'grpc.health.v1.Heath'; did you mean "
                         "'grpc.health.v1.Health'?\nServices: shop.Till, "));
}

TEST_F(Call, WrongDataEndsWith65) {
  start();
  const std::pair<CallRequest, std::string> cases[] = {
      {shop_request("Echo", R"({"nam": "tea"})"),
       "request 1 (line 1): nam: Cannot find field. shop.Item has: name, count"},
      {shop_request("Echo", "{} {}"), "the method takes one request; here are more"},
      {shop_request("Echo", "{"), "the JSON that begins on line 1 is not complete"},
      {shop_request("Each", "{}\n{\"count\": \"many\"}"), "request 2 (line 2): "},
  };
  for (const auto& [request, error] : cases) {
    const CallOutcome outcome = run(request);
    EXPECT_EQ(outcome.exit_code, kExitData) << request.data;
    EXPECT_THAT(outcome.error, HasSubstr(error));
  }
}

TEST_F(Call, WhatCannotBeReadEndsWith66) {
  start();
  EXPECT_EQ(run(shop_request("Echo", "@/no/such/file")).exit_code, kExitNoInput);
  CallRequest request = shop_request("Echo");
  request.protos = {write("broken.proto", "syntax = \"proto3\";\nmessage {}\n")};
  const CallOutcome broken = run(request);
  EXPECT_EQ(broken.exit_code, kExitNoInput);
  EXPECT_EQ(broken.error, "broken.proto:2: Expected message name.\n");
}

TEST_F(Call, WrongHeadersEndWith64) {
  start();
  for (const std::string header : {"no colon", "x-key-bin: !", "grpc-status: 0", "bad name: 1"}) {
    CallRequest request = shop_request("Echo");
    request.headers = {header};
    EXPECT_EQ(run(request).exit_code, kExitUsage) << header;
  }
}

TEST_F(Call, AServerWithoutReflectionIsToldWithTheWayOut) {
  start(/*with_reflection=*/false);
  const CallOutcome outcome = run(request_for("shop.Till/Echo"));
  EXPECT_EQ(outcome.exit_code, 12);
  EXPECT_EQ(outcome.error,
            "UNIMPLEMENTED (12): the server does not offer reflection; name its .proto files with --proto\n");
}

TEST_F(Call, FallsBackToReflectionV1Alpha) {
  server_.add(std::make_shared<OldReflection>());
  start(/*with_reflection=*/false);
  CallRequest list = request_for("");
  list.list = true;
  EXPECT_EQ(run(list).out, "old.Service\n");
}

}  // namespace
}  // namespace parlance::app
