#include "grpcpp_test_cases.h"

#include <array>
#include <chrono>
#include <vector>

#include "grpcpp_test_service.h"

namespace parlance::interop {
namespace {

using ::grpc::ClientContext;
using ::grpc::StatusCode;
using ChannelPtr = std::shared_ptr<::grpc::Channel>;
using TestService = pb::grpcpp::TestService;

constexpr std::int32_t kLargeRequest = 271'828;
constexpr std::int32_t kLargeResponse = 314'159;
constexpr std::array<std::int32_t, 4> kRequestSizes{27'182, 8, 1'828, 45'904};
constexpr std::array<std::int32_t, 4> kResponseSizes{31'415, 9, 2'653, 58'979};
constexpr const char* kInitialName = "x-grpc-test-echo-initial";
constexpr const char* kInitialValue = "test_initial_metadata_value";
constexpr const char* kTrailingName = "x-grpc-test-echo-trailing-bin";
constexpr const char* kTrailingValue = "\xab\xab\xab";

void expect(bool holds, const std::string& what) {
  if (!holds) throw GrpcppFailure{what};
}

void expect_status(const ::grpc::Status& status, StatusCode code, const std::string& message = {}) {
  expect(status.error_code() == code,
         "the status is " + std::to_string(status.error_code()) + ": " + status.error_message());
  if (!message.empty()) expect(status.error_message() == message, "the message is " + status.error_message());
}

void set_body(pb::Payload& payload, std::int32_t size) {
  payload.mutable_body()->assign(static_cast<std::size_t>(size), '\0');
}

void expect_body(const pb::Payload& payload, std::int32_t size) {
  expect(payload.body() == std::string(static_cast<std::size_t>(size), '\0'),
         "the payload is not " + std::to_string(size) + " zeros");
}

pb::SimpleRequest large_request() {
  pb::SimpleRequest request;
  request.set_response_size(kLargeResponse);
  set_body(*request.mutable_payload(), kLargeRequest);
  return request;
}

// Makes the call and expects the large response.
void expect_large_response(const ChannelPtr& channel, ClientContext& context,
                           const pb::SimpleRequest& request) {
  pb::SimpleResponse response;
  expect_status(TestService::NewStub(channel)->UnaryCall(&context, request, &response), StatusCode::OK);
  expect_body(response.payload(), kLargeResponse);
}

void empty_unary(const ChannelPtr& channel) {
  ClientContext context;
  pb::Empty response;
  expect_status(TestService::NewStub(channel)->EmptyCall(&context, {}, &response), StatusCode::OK);
}

void large_unary(const ChannelPtr& channel) {
  ClientContext context;
  expect_large_response(channel, context, large_request());
}

void cacheable_unary(const ChannelPtr& channel) {
  pb::SimpleRequest request;
  request.mutable_payload()->set_body(
      std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  std::array<pb::SimpleResponse, 2> responses;
  for (auto& response : responses) {
    ClientContext context;
    context.AddMetadata("x-user-ip", "1.2.3.4");
    expect_status(TestService::NewStub(channel)->CacheableUnaryCall(&context, request, &response),
                  StatusCode::OK);
  }
  expect(responses[0].payload().body() == responses[1].payload().body(), "the responses differ");
}

void client_compressed_unary(const ChannelPtr& channel) {
  pb::SimpleRequest request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  ClientContext probe;
  pb::SimpleResponse response;
  expect_status(TestService::NewStub(channel)->UnaryCall(&probe, request, &response),
                StatusCode::INVALID_ARGUMENT);
  ClientContext compressed;
  compressed.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  expect_large_response(channel, compressed, request);
  request.mutable_expect_compressed()->set_value(false);
  ClientContext plain;
  expect_large_response(channel, plain, request);
}

void server_compressed_unary(const ChannelPtr& channel) {
  for (const bool compressed : {true, false}) {
    pb::SimpleRequest request = large_request();
    request.mutable_response_compressed()->set_value(compressed);
    ClientContext context;
    expect_large_response(channel, context, request);
    expect(came_compressed(context.c_call()) == compressed, "the response is not compressed as asked for");
  }
}

void client_streaming(const ChannelPtr& channel) {
  ClientContext context;
  pb::StreamingInputCallResponse response;
  const auto stub = TestService::NewStub(channel);
  const auto writer = stub->StreamingInputCall(&context, &response);
  for (const std::int32_t size : kRequestSizes) {
    pb::StreamingInputCallRequest request;
    set_body(*request.mutable_payload(), size);
    expect(writer->Write(request), "the call ended while requests were sent");
  }
  writer->WritesDone();
  expect_status(writer->Finish(), StatusCode::OK);
  expect(response.aggregated_payload_size() == 74'922, "the sizes do not add up to 74922");
}

// Two requests, the first compressed and the second not. The first may say so although it is not.
::grpc::Status compressed_stream(const ChannelPtr& channel, bool first_is_compressed,
                                 pb::StreamingInputCallResponse& response) {
  ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto stub = TestService::NewStub(channel);
  const auto writer = stub->StreamingInputCall(&context, &response);
  pb::StreamingInputCallRequest request;
  set_body(*request.mutable_payload(), 27'182);
  request.mutable_expect_compressed()->set_value(true);
  ::grpc::WriteOptions options;
  if (!first_is_compressed) options.set_no_compression();
  writer->Write(request, options);
  set_body(*request.mutable_payload(), 45'904);
  request.mutable_expect_compressed()->set_value(false);
  writer->Write(request, ::grpc::WriteOptions{}.set_no_compression());
  writer->WritesDone();
  return writer->Finish();
}

void client_compressed_streaming(const ChannelPtr& channel) {
  pb::StreamingInputCallResponse response;
  expect_status(compressed_stream(channel, false, response), StatusCode::INVALID_ARGUMENT);
  expect_status(compressed_stream(channel, true, response), StatusCode::OK);
  expect(response.aggregated_payload_size() == 73'086, "the sizes do not add up to 73086");
}

void server_streaming(const ChannelPtr& channel) {
  pb::StreamingOutputCallRequest request;
  for (const std::int32_t size : kResponseSizes) request.add_response_parameters()->set_size(size);
  ClientContext context;
  const auto stub = TestService::NewStub(channel);
  const auto reader = stub->StreamingOutputCall(&context, request);
  pb::StreamingOutputCallResponse response;
  for (const std::int32_t size : kResponseSizes) {
    expect(reader->Read(&response), "the stream ended early");
    expect_body(response.payload(), size);
  }
  expect(!reader->Read(&response), "more than four responses came");
  expect_status(reader->Finish(), StatusCode::OK);
}

void server_compressed_streaming(const ChannelPtr& channel) {
  pb::StreamingOutputCallRequest request;
  for (const auto& [size, compressed] : {std::pair{31'415, true}, std::pair{92'653, false}}) {
    auto& wanted = *request.add_response_parameters();
    wanted.set_size(size);
    wanted.mutable_compressed()->set_value(compressed);
  }
  ClientContext context;
  const auto stub = TestService::NewStub(channel);
  const auto reader = stub->StreamingOutputCall(&context, request);
  pb::StreamingOutputCallResponse response;
  for (const auto& wanted : request.response_parameters()) {
    expect(reader->Read(&response), "the stream ended early");
    expect_body(response.payload(), wanted.size());
    expect(came_compressed(context.c_call()) == wanted.compressed().value(),
           "a response is not compressed as asked for");
  }
  expect_status(reader->Finish(), StatusCode::OK);
}

pb::StreamingOutputCallRequest output_request(std::int32_t request_size, std::int32_t response_size) {
  pb::StreamingOutputCallRequest request;
  set_body(*request.mutable_payload(), request_size);
  request.add_response_parameters()->set_size(response_size);
  return request;
}

void ping_pong(const ChannelPtr& channel) {
  ClientContext context;
  const auto stub = TestService::NewStub(channel);
  const auto stream = stub->FullDuplexCall(&context);
  for (std::size_t i = 0; i < kRequestSizes.size(); ++i) {
    pb::StreamingOutputCallResponse response;
    expect(stream->Write(output_request(kRequestSizes[i], kResponseSizes[i])), "the call ended early");
    expect(stream->Read(&response), "the stream ended early");
    expect_body(response.payload(), kResponseSizes[i]);
  }
  stream->WritesDone();
  pb::StreamingOutputCallResponse response;
  expect(!stream->Read(&response), "more responses came than requests were sent");
  expect_status(stream->Finish(), StatusCode::OK);
}

void empty_stream(const ChannelPtr& channel) {
  ClientContext context;
  const auto stub = TestService::NewStub(channel);
  const auto stream = stub->FullDuplexCall(&context);
  stream->WritesDone();
  pb::StreamingOutputCallResponse response;
  expect(!stream->Read(&response), "a response came");
  expect_status(stream->Finish(), StatusCode::OK);
}

void expect_echoed(const ClientContext& context) {
  const auto& initial = context.GetServerInitialMetadata();
  const auto first = initial.find(kInitialName);
  expect(first != initial.end() && first->second == kInitialValue, "the initial metadata did not come back");
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto last = trailing.find(kTrailingName);
  expect(last != trailing.end() && last->second == kTrailingValue, "the trailing metadata did not come back");
}

void custom_metadata(const ChannelPtr& channel) {
  ClientContext unary;
  unary.AddMetadata(kInitialName, kInitialValue);
  unary.AddMetadata(kTrailingName, kTrailingValue);
  expect_large_response(channel, unary, large_request());
  expect_echoed(unary);

  ClientContext context;
  context.AddMetadata(kInitialName, kInitialValue);
  context.AddMetadata(kTrailingName, kTrailingValue);
  const auto stub = TestService::NewStub(channel);
  const auto stream = stub->FullDuplexCall(&context);
  stream->Write(output_request(kLargeRequest, kLargeResponse));
  stream->WritesDone();
  pb::StreamingOutputCallResponse response;
  expect(stream->Read(&response), "the stream ended early");
  expect_body(response.payload(), kLargeResponse);
  expect_status(stream->Finish(), StatusCode::OK);
  expect_echoed(context);
}

void expect_echoed_status(const ChannelPtr& channel, const std::string& message) {
  pb::SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  ClientContext unary;
  pb::SimpleResponse response;
  const auto stub = TestService::NewStub(channel);
  expect_status(stub->UnaryCall(&unary, request, &response), StatusCode::UNKNOWN, message);

  ClientContext context;
  const auto stream = stub->FullDuplexCall(&context);
  pb::StreamingOutputCallRequest streamed;
  *streamed.mutable_response_status() = request.response_status();
  stream->Write(streamed);
  stream->WritesDone();
  expect_status(stream->Finish(), StatusCode::UNKNOWN, message);
}

void status_code_and_message(const ChannelPtr& channel) {
  expect_echoed_status(channel, "test status message");
}

void special_status_message(const ChannelPtr& channel) {
  expect_echoed_status(channel,
                       "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n");
}

void unimplemented_method(const ChannelPtr& channel) {
  ClientContext context;
  pb::Empty response;
  expect_status(TestService::NewStub(channel)->UnimplementedCall(&context, {}, &response),
                StatusCode::UNIMPLEMENTED);
}

void unimplemented_service(const ChannelPtr& channel) {
  ClientContext context;
  pb::Empty response;
  expect_status(
      pb::grpcpp::UnimplementedService::NewStub(channel)->UnimplementedCall(&context, {}, &response),
      StatusCode::UNIMPLEMENTED);
}

void cancel_after_begin(const ChannelPtr& channel) {
  ClientContext context;
  pb::StreamingInputCallResponse response;
  const auto stub = TestService::NewStub(channel);
  const auto writer = stub->StreamingInputCall(&context, &response);
  context.TryCancel();
  expect_status(writer->Finish(), StatusCode::CANCELLED);
}

void cancel_after_first_response(const ChannelPtr& channel) {
  ClientContext context;
  const auto stub = TestService::NewStub(channel);
  const auto stream = stub->FullDuplexCall(&context);
  stream->Write(output_request(kRequestSizes[0], kResponseSizes[0]));
  pb::StreamingOutputCallResponse response;
  expect(stream->Read(&response), "no response came");
  context.TryCancel();
  expect_status(stream->Finish(), StatusCode::CANCELLED);
}

void timeout_on_sleeping_server(const ChannelPtr& channel) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds{1});
  const auto stub = TestService::NewStub(channel);
  const auto stream = stub->FullDuplexCall(&context);
  stream->Write(output_request(kRequestSizes[0], 0));
  expect_status(stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
}

void pick_first_unary(const ChannelPtr& channel) {
  constexpr int kCalls = 20;
  pb::SimpleRequest request;
  request.set_response_size(1);
  request.set_fill_server_id(true);
  std::string first;
  for (int i = 0; i < kCalls; ++i) {
    ClientContext context;
    pb::SimpleResponse response;
    expect_status(TestService::NewStub(channel)->UnaryCall(&context, request, &response), StatusCode::OK);
    if (i == 0) first = response.server_id();
    expect(!first.empty() && response.server_id() == first, "server_id is '" + response.server_id() + "'");
  }
}

}  // namespace

const std::map<std::string, GrpcppTestCase>& grpcpp_test_cases() {
  static const std::map<std::string, GrpcppTestCase> cases{
      {"cacheable_unary", cacheable_unary},
      {"cancel_after_begin", cancel_after_begin},
      {"cancel_after_first_response", cancel_after_first_response},
      {"client_compressed_streaming", client_compressed_streaming},
      {"client_compressed_unary", client_compressed_unary},
      {"client_streaming", client_streaming},
      {"custom_metadata", custom_metadata},
      {"empty_stream", empty_stream},
      {"empty_unary", empty_unary},
      {"large_unary", large_unary},
      {"pick_first_unary", pick_first_unary},
      {"ping_pong", ping_pong},
      {"server_compressed_streaming", server_compressed_streaming},
      {"server_compressed_unary", server_compressed_unary},
      {"server_streaming", server_streaming},
      {"special_status_message", special_status_message},
      {"status_code_and_message", status_code_and_message},
      {"timeout_on_sleeping_server", timeout_on_sleeping_server},
      {"unimplemented_method", unimplemented_method},
      {"unimplemented_service", unimplemented_service},
  };
  return cases;
}

}  // namespace parlance::interop
