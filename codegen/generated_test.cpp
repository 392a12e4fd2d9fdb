// The golden code as a user has it: made by parlance_generate, compiled with the project's warnings.
#include <gtest/gtest.h>

#include <google/protobuf/descriptor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "golden.parlance.h"
#include "no_package.parlance.h"
#include "rpc/server.h"
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

using golden::v1::Everything;
using golden::v1::Request;
using golden::v1::Response;

/// Serves one method of each kind. What it overrides is what the golden header declares, with nested types
/// named as a user would.
class Server final : public Everything::Handler {
 public:
  parlance::Task<parlance::Result<Response>> Unary(parlance::ServerCall&,
                                                   parlance::Incoming<Request> request) override {
    Response response;
    response.set_text("hello " + request->name());
    co_return response;
  }

  parlance::Task<parlance::Status> ServerStreaming(parlance::ServerCall&, parlance::Incoming<Request> request,
                                                   parlance::Writer<Response::Part>& out) override {
    for (std::size_t index = 0; index < request->name().size(); ++index) {
      Response::Part part;
      part.set_index(static_cast<int>(index));
      if (!co_await out.write(part)) break;
    }
    co_return parlance::Status{};
  }

  parlance::Task<parlance::Result<Response>> ClientStreaming(parlance::ServerCall&,
                                                             parlance::Reader<Request::Chunk>& in) override {
    Response response;
    while (auto chunk = co_await in.read()) response.mutable_text()->append((*chunk)->data());
    co_return response;
  }

  parlance::Task<parlance::Status> Bidi(parlance::ServerCall&, parlance::Reader<Request::Chunk>& in,
                                        parlance::Writer<Response::Part>& out) override {
    while (auto chunk = co_await in.read()) {
      Response::Part part;
      part.set_index(static_cast<int>((*chunk)->data().size()));
      if (!co_await out.write(part)) break;
    }
    co_return parlance::Status{};
  }
};

class GeneratedCall : public testing::Test {
 protected:
  GeneratedCall() {
    server_.add(std::make_shared<Server>());
    EXPECT_TRUE(server_.start().has_value());
    client_.emplace(parlance::Channel::open("127.0.0.1:" + std::to_string(server_.ports().front())));
  }
  Everything::Client& client() { return *client_; }

 private:
  parlance::Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::optional<Everything::Client> client_;
};

Request request(std::string name) {
  Request message;
  message.set_name(std::move(name));
  return message;
}
Request::Chunk chunk(std::string data) {
  Request::Chunk message;
  message.set_data(std::move(data));
  return message;
}

TEST_F(GeneratedCall, UnaryGivesTheResponse) {
  const parlance::Result<Response> response = client().Unary(request("world")).wait();
  ASSERT_TRUE(response.has_value()) << response.error().to_string();
  EXPECT_EQ(response->text(), "hello world");
}

TEST_F(GeneratedCall, ServerStreamingGivesEveryMessageAndTheStatus) {
  auto call = client().ServerStreaming(request("abc"));
  std::vector<int> indices;
  while (auto part = call.read().wait()) indices.push_back(part->index());
  EXPECT_EQ(indices, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(call.finish().wait(), parlance::Status{});
}

TEST_F(GeneratedCall, ClientStreamingSendsEveryMessage) {
  auto call = client().ClientStreaming();
  EXPECT_TRUE(call.write(chunk("ab")).wait());
  EXPECT_TRUE(call.write(chunk("cd")).wait());
  const parlance::Result<Response> response = call.finish().wait();
  ASSERT_TRUE(response.has_value()) << response.error().to_string();
  EXPECT_EQ(response->text(), "abcd");
}

TEST_F(GeneratedCall, BidiAnswersWhileItIsAsked) {
  auto call = client().Bidi();
  for (const std::string data : {"a", "bcd"}) {
    ASSERT_TRUE(call.write(chunk(data)).wait());
    EXPECT_EQ(call.read().wait()->index(), static_cast<int>(data.size()));
  }
  call.writes_done().wait();
  EXPECT_FALSE(call.read().wait().has_value());
  EXPECT_EQ(call.finish().wait(), parlance::Status{});
}

TEST_F(GeneratedCall, AMethodThatIsNotOverriddenIsUnimplemented) {
  for (const auto& response : {client().delete_({}).wait(), client().Handler_({}).wait()}) {
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code(), parlance::StatusCode::kUnimplemented);
  }
  auto stream = client().methods_(request("x"));
  EXPECT_FALSE(stream.read().wait().has_value());
  EXPECT_EQ(stream.finish().wait().code(), parlance::StatusCode::kUnimplemented);
}

TEST(GeneratedService, IsNamedAsItsDescriptorIs) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string{Everything::kFullName});
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->file()->name(), "golden.proto");
}

}  // namespace
