#include <string>
#include <vector>

#include "expectations.h"

namespace parlance::interop {
namespace {

using namespace ::grpc::testing;
using Client = ::grpc::testing::TestService::Client;

void large_call(const Client& client) {
  expect_body(value_of(client.UnaryCall(simple_request()).wait()).payload(), kLargeResponse);
}

// The server ends the connection in between: the second call takes another.
void goaway(const Target& target) {
  const Client client{target.open()};
  large_call(client);
  large_call(client);
}

// RST_STREAM with NO_ERROR instead of a status is INTERNAL, however much of the response came before it.
void rst(const Target& target) {
  expect_status(status_of(Client{target.open()}.UnaryCall(simple_request()).wait()), StatusCode::kInternal);
}

void one_large_call(const Target& target) { large_call(Client{target.open()}); }

// The server takes one stream at a time: the others wait for it.
void max_streams(const Target& target) {
  constexpr int kCalls = 15;
  const Client client{target.open()};
  large_call(client);
  std::vector<UnaryCall<SimpleResponse>> calls;
  for (int i = 0; i < kCalls; ++i) calls.push_back(client.UnaryCall(simple_request()));
  for (auto& call : calls) expect_body(value_of(call.wait()).payload(), kLargeResponse);
}

// Two streams fill a connection; the third has one of its own.
void connection_scaling(const Target& target) {
  constexpr std::size_t kCalls = 3;
  const Client client{target.open()};
  std::vector<ClientReaderWriter<StreamingOutputCallRequest, StreamingOutputCallResponse>> calls;
  std::vector<std::string> peers;
  StreamingOutputCallRequest request;
  request.add_response_parameters()->mutable_fill_peer_socket_address()->set_value(true);
  while (calls.size() < kCalls) {
    auto& call = calls.emplace_back(client.FullDuplexCall({.timeout = std::chrono::seconds{30}}));
    call.write(request).wait();
    const auto response = call.read().wait();
    expect(response.has_value(), concat("stream ", calls.size(), " got no response"));
    peers.push_back(response->peer_socket_address());
  }
  expect(peers[0] == peers[1],
         concat("two connections were made for two streams: ", peers[0], ", ", peers[1]));
  expect(peers[2] != peers[0], "the third stream went over a connection that was full");
  for (auto& call : calls) {
    call.writes_done().wait();
    expect_status(call.finish().wait(), StatusCode::kOk);
  }
}

}  // namespace

const std::map<std::string, TestCase>& special_cases() {
  static const std::map<std::string, TestCase> cases{
      {"goaway", goaway},
      {"rst_after_header", rst},
      {"rst_during_data", rst},
      {"rst_after_data", rst},
      {"ping", one_large_call},
      {"max_streams", max_streams},
      {"max_concurrent_streams_connection_scaling", connection_scaling},
      {"data_frame_padding", one_large_call},
      {"no_df_padding_sanity_test", one_large_call},
  };
  return cases;
}

}  // namespace parlance::interop
