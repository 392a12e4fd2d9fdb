// Compressed messages between our client and our server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {

// Says of each message whether it came compressed, and how long it is.
class Inspector final : public Service {
 public:
  std::string_view full_name() const override { return "test.Inspector"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("One", *this, &Inspector::One));
    methods.push_back(bind_bidi_streaming("Many", *this, &Inspector::Many));
    methods.push_back(bind_unary("Zip", *this, &Inspector::Zip));
    return methods;
  }

 private:
  static Text describe(Incoming<Text>& message) {
    const std::string how = message.was_compressed() ? "compressed " : "plain ";
    return text(how + std::to_string(message->value().size()));
  }
  Task<Result<Text>> One(ServerCall&, Incoming<Text> request) { co_return describe(request); }
  Task<Status> Many(ServerCall&, Reader<Text>& in, Writer<Text>& out) {
    while (auto message = co_await in.read()) {
      const Text answer = describe(*message);
      co_await out.write(answer);
    }
    co_return Status{};
  }
  // Compresses the answer; says in the trailers whether it could.
  Task<Result<Text>> Zip(ServerCall& call, Incoming<Text> request) {
    const bool accepted = call.set_compression(grpc::Encoding::kGzip);
    call.trailing_metadata().add("x-compressed", accepted ? "yes" : "no");
    co_return *request;
  }
};

namespace {

using grpc::Encoding;
using ::testing::ElementsAre;

class InspectorServer {
 public:
  explicit InspectorServer(std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes)
      : server_({.listen = {"127.0.0.1:0"},
                 .threads = 1,
                 .max_receive_message_bytes = max_receive_message_bytes}) {
    server_.add(std::make_shared<Inspector>());
    require(server_.start().has_value(), "InspectorServer: cannot start");
  }
  Channel open(ChannelOptions options = {}) const {
    return Channel::open("127.0.0.1:" + std::to_string(server_.ports().front()), std::move(options));
  }

 private:
  Server server_;
};

class CompressedCalls : public ::testing::TestWithParam<Encoding> {};

TEST_P(CompressedCalls, CompressRequestsOfAChannel) {
  const InspectorServer server;
  const Channel channel = server.open({.compression = GetParam()});
  UnaryCall<Text> call{channel, "/test.Inspector/One", text(std::string(100'000, 'x')), {}};
  EXPECT_EQ(call.wait()->value(), "compressed 100000");
}

TEST_P(CompressedCalls, CompressRequestsOfACallAndLeaveSingleMessagesAlone) {
  const InspectorServer server;
  ClientReaderWriter<Text, Text> call{server.open(), "/test.Inspector/Many", {.compression = GetParam()}};
  std::vector<std::string> answers;
  for (const bool compress : {true, false, true}) {
    ASSERT_TRUE(call.write(text("hello"), {.compress = compress}).wait());
    answers.push_back(call.read().wait()->value());
  }
  EXPECT_THAT(answers, ElementsAre("compressed 5", "plain 5", "compressed 5"));
}

TEST_P(CompressedCalls, CompressResponsesOfAServer) {
  const EchoServer server{{.compression = GetParam()}};
  const EchoClient client = server.client();
  const std::string sent(300'000, 'z');
  EXPECT_EQ(client.Unary(text(sent)).wait()->value(), sent);
  auto call = client.Chat();
  for (const std::string part : {"one", "", "three"}) {
    ASSERT_TRUE(call.write(text(part)).wait());
    EXPECT_EQ(call.read().wait()->value(), part);
  }
}

TEST_P(CompressedCalls, StopARequestThatGrowsBeyondTheServersLimit) {
  const InspectorServer server{100'000};
  const Channel channel = server.open({.compression = GetParam()});
  UnaryCall<Text> call{channel, "/test.Inspector/One", text(std::string(10'000'000, 'x')), {}};
  const Result<Text> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(grpc::error_info(reply.error())->get("limit"), "100000");
}

TEST_P(CompressedCalls, StopAResponseThatGrowsBeyondTheClientsLimit) {
  const EchoServer server{{.compression = GetParam()}};
  const EchoClient client = server.client({.max_receive_message_bytes = 100'000});
  const Result<Text> reply = client.Unary(text(std::string(1'000'000, 'x'))).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
}

INSTANTIATE_TEST_SUITE_P(EachEncoding, CompressedCalls,
                         ::testing::Values(Encoding::kGzip, Encoding::kDeflate, Encoding::kZstd),
                         [](const auto& encoding) { return std::string{grpc::to_string(encoding.param)}; });

TEST(Compression, AUnaryRequestMayGoPlainOnACompressedCall) {
  const InspectorServer server;
  const CallOptions options{.compression = Encoding::kGzip, .request = {.compress = false}};
  UnaryCall<Text> call{server.open(), "/test.Inspector/One", text("hello"), options};
  EXPECT_EQ(call.wait()->value(), "plain 5");
}

TEST(Compression, AHandlerMayCompressItsAnswer) {
  const InspectorServer server;
  UnaryCall<Text> call{server.open(), "/test.Inspector/Zip", text(std::string(50'000, 'q')), {}};
  EXPECT_EQ(call.wait()->value().size(), 50'000U);
  EXPECT_EQ(call.trailing_metadata().get("x-compressed"), "yes");
}

}  // namespace
}  // namespace parlance::testing
