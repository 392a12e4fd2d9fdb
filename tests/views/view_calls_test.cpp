// Handlers and clients on views, with messages of libprotobuf at the other end: calls of all kinds, and what
// is no message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "everything_fields.h"
#include "everything_message.h"
#include "grpc/error_details.h"
#include "rpc/server.h"
#include "testing/everything.parlance.h"
#include "testing/everything.views.h"

namespace parlance::testing_views {
namespace {

using ::testing::Contains;
using testing::Echoes;
using ::testing::ElementsAre;
using testing::Everything;
using testing::EverythingFields;
using testing::EverythingView;
using ::testing::Pair;
using testing::WellKnownFields;

/// Everything it borrows is on its own frame or in the request.
class ViewService final : public Echoes::ViewHandler {
 public:
  std::atomic<int> handlers_begun = 0;

  Task<Result<Written<EverythingFields>>> Echo(ServerCall&, Incoming<EverythingView> request) override {
    ++handlers_begun;
    Storage storage;
    co_return fields_of(*request, storage);
  }

  Task<Status> Split(ServerCall&, Incoming<EverythingView> request, Writer<EverythingFields>& out) override {
    ++handlers_begun;
    for (const std::int32_t number : request->int32s()) {
      const std::string text = "number " + std::to_string(number);
      if (!co_await out.write({.an_int32 = number, .a_string = text})) break;
    }
    co_return Status{};
  }

  Task<Result<Written<EverythingFields>>> Join(ServerCall&, Reader<EverythingView>& in) override {
    std::vector<std::int32_t> numbers;
    while (auto request = co_await in.read()) {
      for (const std::int32_t number : (*request)->int32s()) numbers.push_back(number);
    }
    co_return EverythingFields{.int32s = numbers};
  }

  Task<Status> EchoEach(ServerCall&, Reader<EverythingView>& in, Writer<EverythingFields>& out) override {
    while (auto request = co_await in.read()) {
      Storage storage;
      const EverythingFields fields = fields_of(**request, storage);
      if (!co_await out.write(fields)) break;
    }
    co_return Status{};
  }

  // As many floats as the request says, written before they are known.
  Task<Result<Written<EverythingFields>>> Reserve(ServerCall&, Incoming<EverythingView> request) override {
    wire::Slot<float> floats{static_cast<std::size_t>(request->an_int32())};
    wire::Slot<double> doubles{1};
    wire::Slot<std::byte> bytes{3};
    Written<EverythingFields> response{
        {.a_string = request->a_string(), .some_bytes = bytes, .doubles = doubles, .floats = floats}, floats};
    float next = 0.5F;
    for (float& value : floats.span()) value = next++;
    const double half = 0.5;
    std::memcpy(doubles.bytes().data(), &half, sizeof half);
    std::ranges::fill(bytes.span(), std::byte{'x'});
    co_return response;
  }

  Task<Result<Written<WellKnownFields>>> Nothing(ServerCall&,
                                                 Incoming<google::protobuf::EmptyView>) override {
    using namespace google::protobuf;
    const TimestampFields at{.seconds = 1700000000, .nanos = 5};
    const ValueFields yes{.bool_value = true};
    const std::array entries{Struct_FieldsEntryFields{.key = "ready", .value = &yes}};
    const StructFields attributes{.fields = entries};
    const std::array values{ValueFields{.null_value = NullValueValue::NULL_VALUE},
                            ValueFields{.string_value = "text"}};
    co_return WellKnownFields{.at = &at, .attributes = &attributes, .values = values};
  }
};

class MessageService final : public Echoes::Handler {
 public:
  Task<Result<Everything>> Echo(ServerCall&, Incoming<Everything> request) override { co_return *request; }
  Task<Status> Split(ServerCall&, Incoming<Everything> request, Writer<Everything>& out) override {
    for (const std::int32_t number : request->int32s()) {
      Everything response;
      response.set_an_int32(number);
      if (!co_await out.write(response)) break;
    }
    co_return Status{};
  }
};

template <typename Service>
class Calls : public ::testing::Test {
 protected:
  Calls() {
    server_.add(service_);
    EXPECT_TRUE(server_.start().has_value());
    channel_ = Channel::open("127.0.0.1:" + std::to_string(server_.ports().front()));
  }
  Service& service() { return *service_; }
  const Channel& channel() const { return *channel_; }
  Echoes::Client client() const { return Echoes::Client{*channel_}; }
  Echoes::ViewClient view_client() const { return Echoes::ViewClient{*channel_}; }

 private:
  std::shared_ptr<Service> service_ = std::make_shared<Service>();
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::optional<Channel> channel_;
};

using ViewHandlers = Calls<ViewService>;
using ViewClients = Calls<MessageService>;

Everything sample() {
  Everything message;
  message.set_a_string("a text");
  for (const float value : {0.5F, -1.0F, 2.0F}) message.add_floats(value);
  message.mutable_a_leaf()->set_name("leaf");
  (*message.mutable_labels())["key"] = "value";
  message.mutable_itself()->set_number(7);
  return message;
}

Everything numbers(std::initializer_list<int> values) {
  Everything message;
  for (const int value : values) message.add_int32s(value);
  return message;
}

TEST_F(ViewHandlers, AnswerWithFieldsOfTheRequest) {
  const Result<Everything> reply = client().Echo(sample()).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->DebugString(), sample().DebugString());
}

TEST_F(ViewHandlers, AnswerWithAStream) {
  auto call = client().Split(numbers({3, 4}));
  EXPECT_EQ(call.read().wait()->a_string(), "number 3");
  EXPECT_EQ(call.read().wait()->a_string(), "number 4");
  EXPECT_FALSE(call.read().wait().has_value());
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST_F(ViewHandlers, ReadAStream) {
  auto call = client().Join();
  EXPECT_TRUE(call.write(numbers({1, 2})).wait());
  EXPECT_TRUE(call.write(numbers({3})).wait());
  const Result<Everything> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_THAT(reply->int32s(), ElementsAre(1, 2, 3));
}

TEST_F(ViewHandlers, ReadAndWriteAtOnce) {
  auto call = client().EchoEach();
  for (const int value : {1, 2}) {
    EXPECT_TRUE(call.write(numbers({value})).wait());
    EXPECT_THAT(call.read().wait()->int32s(), ElementsAre(value));
  }
  call.writes_done().wait();
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST_F(ViewHandlers, FillAnAnswerInWhereItIsSentFrom) {
  for (const std::string text : {"", "a", "ab", "abc"}) {  // puts the floats at every alignment
    Everything request;
    request.set_a_string(text);
    request.set_an_int32(3);
    const Result<Everything> reply = client().Reserve(request).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->a_string(), text);
    EXPECT_THAT(reply->floats(), ElementsAre(0.5F, 1.5F, 2.5F));
    EXPECT_THAT(reply->doubles(), ElementsAre(0.5));
    EXPECT_EQ(reply->some_bytes(), "xxx");
  }
}

TEST_F(ViewHandlers, KnowTheMessagesThatComeWithProtobuf) {
  const Result<testing::WellKnown> reply = client().Nothing({}).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->at().seconds(), 1700000000);
  EXPECT_TRUE(reply->attributes().fields().at("ready").bool_value());
  ASSERT_EQ(reply->values_size(), 2);
  EXPECT_TRUE(reply->values(0).has_null_value());
  EXPECT_EQ(reply->values(1).string_value(), "text");
}

TEST_F(ViewHandlers, AreTalkedToByClientsOnViews) {
  const std::array floats{1.0F, 2.0F};
  const Result<Incoming<EverythingView>> reply =
      view_client().Echo({.a_string = "text", .floats = floats}).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ((*reply)->a_string(), "text");
  EXPECT_THAT((*reply)->floats(), ElementsAre(1.0F, 2.0F));
}

// A string of two bytes that are not UTF-8, behind a float.
const std::string kBadText{"\x15\0\0\0\x3f\x72\x02\xff\xff", 9};

void expect_bad_text(const Status& error) {
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  const std::optional<grpc::ErrorInfo> info = grpc::error_info(error);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "MESSAGE_NOT_PARSABLE");
  EXPECT_EQ(
      error.message(),
      "the message of 9 bytes is not a valid testing.Everything: field 14 (a_string) of testing.Everything "
      "at byte 5 is not UTF-8");
}

TEST_F(ViewHandlers, AreNotBegunWithAUnaryRequestThatIsNoMessage) {
  UnaryCall<Buffer> call{channel(), "/testing.Echoes/Echo", Buffer::adopt(kBadText), {}};
  const Result<Buffer> reply = call.wait();
  ASSERT_FALSE(reply);
  expect_bad_text(reply.error());
  EXPECT_EQ(service().handlers_begun, 0);
}

TEST_F(ViewHandlers, AreNotBegunWithARequestOfAStreamOfAnswersThatIsNoMessage) {
  ClientReader<Buffer> call{channel(), "/testing.Echoes/Split", Buffer::adopt(kBadText), {}};
  EXPECT_FALSE(call.read().wait().has_value());
  expect_bad_text(call.finish().wait());
  EXPECT_EQ(service().handlers_begun, 0);
}

TEST_F(ViewHandlers, EndWhereAStreamHasWhatIsNoMessage) {
  ClientWriter<Buffer, Buffer> call{channel(), "/testing.Echoes/Join", {}};
  EXPECT_TRUE(call.write(Buffer::adopt(kBadText)).wait());
  const Result<Buffer> reply = call.finish().wait();
  ASSERT_FALSE(reply);
  expect_bad_text(reply.error());
}

class Nobody final : public Echoes::ViewHandler {};
using NobodyCalls = Calls<Nobody>;

TEST_F(NobodyCalls, AreUnimplemented) {
  EXPECT_EQ(service().methods().size(), 6u);
  EXPECT_EQ(client().Echo({}).wait().error().code(), StatusCode::kUnimplemented);
}

TEST_F(ViewClients, ReadAResponseWhereItLies) {
  const std::array floats{1.0F, 2.0F};
  const Result<Incoming<EverythingView>> reply =
      view_client().Echo({.a_string = "text", .floats = floats}).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ((*reply)->a_string(), "text");
  EXPECT_THAT((*reply)->floats(), ElementsAre(1.0F, 2.0F));
}

TEST_F(ViewClients, ReadAStreamOfResponses) {
  const std::array wanted{5, 6};
  auto call = view_client().Split({.int32s = wanted});
  std::vector<std::int32_t> got;
  while (auto response = call.read().wait()) got.push_back((*response)->an_int32());
  EXPECT_THAT(got, ElementsAre(5, 6));
  EXPECT_EQ(call.finish().wait(), Status{});
}

// A service of bytes, which answers with what is no message.
class BadService final : public Service {
 public:
  std::string_view full_name() const override { return "testing.Echoes"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Echo", *this, &BadService::Echo));
    return methods;
  }

 private:
  Task<Result<Buffer>> Echo(ServerCall&, Incoming<Buffer>) { co_return Buffer::adopt(kBadText); }
};

using BadResponses = Calls<BadService>;

TEST_F(BadResponses, AreErrorsOfClientsOnViews) {
  const Result<Incoming<EverythingView>> reply = view_client().Echo({}).wait();
  ASSERT_FALSE(reply);
  expect_bad_text(reply.error());
  EXPECT_THAT(grpc::error_info(reply.error())->metadata, Contains(Pair("hop", "client")));
}

}  // namespace
}  // namespace parlance::testing_views
