#include "test_cases.h"

#include <array>
#include <string_view>

#include "base/concat.h"
#include "expectations.h"
#include "services/orca.h"
#include "xds/service/orca/v3/orca.parlance.h"

namespace parlance::interop {
namespace {

using namespace ::grpc::testing;
using Client = ::grpc::testing::TestService::Client;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Request sizes and the response sizes they ask for, of the streaming cases.
constexpr std::array<std::int32_t, 4> kRequestSizes{27'182, 8, 1'828, 45'904};
constexpr std::array<std::int32_t, 4> kResponseSizes{31'415, 9, 2'653, 58'979};

void empty_unary(const Target& target) {
  const Empty response = value_of(Client{target.open()}.EmptyCall({}).wait());
  expect(response.ByteSizeLong() == 0, "the response is not empty");
}

void large_unary(const Target& target) {
  expect_body(value_of(Client{target.open()}.UnaryCall(simple_request()).wait()).payload(), kLargeResponse);
}

// One unary call whose request says whether it is compressed and is, or is not.
Result<SimpleResponse> compressed_call(const Client& client, bool says, bool is) {
  SimpleRequest request = simple_request();
  request.mutable_expect_compressed()->set_value(says);
  const CallOptions options{.compression = Encoding::kGzip, .request = {.compress = is}};
  return client.UnaryCall(request, options).wait();
}

void client_compressed_unary_noprobe(const Target& target) {
  const Client client{target.open()};
  expect_body(value_of(compressed_call(client, true, true)).payload(), kLargeResponse);
  expect_body(value_of(compressed_call(client, false, false)).payload(), kLargeResponse);
}

void client_compressed_unary(const Target& target) {
  const Result<SimpleResponse> probe = compressed_call(Client{target.open()}, true, false);
  expect(!probe, "the server does not look whether messages are compressed");
  expect_status(probe.error(), StatusCode::kInvalidArgument);
  client_compressed_unary_noprobe(target);
}

// Two calls alike, which a proxy may answer with one response.
void cacheable_unary(const Target& target) {
  const Client client{target.open()};
  Metadata metadata;
  (void)metadata.add("x-user-ip", "1.2.3.4");
  SimpleRequest request;
  request.mutable_payload()->set_body(std::to_string(steady_clock::now().time_since_epoch().count()));
  const CallOptions options{.metadata = &metadata};
  const SimpleResponse first = value_of(client.CacheableUnaryCall(request, options).wait());
  const SimpleResponse second = value_of(client.CacheableUnaryCall(request, options).wait());
  expect(first.payload().body() == second.payload().body(), "the responses differ");
}

// Whatever number of servers the target names, all calls go to one.
void pick_first_unary(const Target& target) {
  constexpr int kCalls = 20;
  const Client client{target.open()};
  SimpleRequest request = simple_request(0, 1);
  request.set_fill_server_id(true);
  const std::string first = value_of(client.UnaryCall(request).wait()).server_id();
  expect(!first.empty(), "the server gives no server_id");
  for (int i = 1; i < kCalls; ++i) {
    const std::string id = value_of(client.UnaryCall(request).wait()).server_id();
    expect(id == first, concat("server_id is '", id, "' after '", first, "'"));
  }
}

void server_compressed_unary(const Target& target) {
  const Client client{target.open()};
  for (const bool compressed : {true, false}) {
    SimpleRequest request = simple_request();
    request.mutable_response_compressed()->set_value(compressed);
    expect_body(value_of(client.UnaryCall(request).wait()).payload(), kLargeResponse);
  }
}

StreamingInputCallRequest input_request(std::int32_t size) {
  StreamingInputCallRequest request;
  set_body(*request.mutable_payload(), size);
  return request;
}

void client_streaming(const Target& target) {
  auto call = Client{target.open()}.StreamingInputCall();
  for (const std::int32_t size : kRequestSizes) {
    expect(call.write(input_request(size)).wait(), "the call ended while requests were sent");
  }
  expect(value_of(call.finish().wait()).aggregated_payload_size() == 74'922,
         "the sizes do not add up to 74922");
}

void client_compressed_streaming_noprobe(const Target& target) {
  auto call = Client{target.open()}.StreamingInputCall({.compression = Encoding::kGzip});
  StreamingInputCallRequest compressed = input_request(27'182);
  compressed.mutable_expect_compressed()->set_value(true);
  call.write(compressed).wait();
  StreamingInputCallRequest plain = input_request(45'904);
  plain.mutable_expect_compressed()->set_value(false);
  call.write(plain, {.compress = false}).wait();
  expect(value_of(call.finish().wait()).aggregated_payload_size() == 73'086,
         "the sizes do not add up to 73086");
}

void client_compressed_streaming(const Target& target) {
  auto probe = Client{target.open()}.StreamingInputCall({.compression = Encoding::kGzip});
  StreamingInputCallRequest request = input_request(27'182);
  request.mutable_expect_compressed()->set_value(true);
  probe.write(request, {.compress = false}).wait();
  const Result<StreamingInputCallResponse> answer = probe.finish().wait();
  expect(!answer, "the server does not look whether messages are compressed");
  expect_status(answer.error(), StatusCode::kInvalidArgument);
  client_compressed_streaming_noprobe(target);
}

void server_streaming(const Target& target) {
  StreamingOutputCallRequest request;
  for (const std::int32_t size : kResponseSizes) request.add_response_parameters()->set_size(size);
  auto call = Client{target.open()}.StreamingOutputCall(request);
  for (const std::int32_t size : kResponseSizes) {
    const auto response = call.read().wait();
    expect(response.has_value(), "the stream ended early");
    expect_body(response->payload(), size);
  }
  expect(!call.read().wait(), "more than four responses came");
  expect_status(call.finish().wait(), StatusCode::kOk);
}

void server_compressed_streaming(const Target& target) {
  constexpr std::array<std::int32_t, 2> kSizes{31'415, 92'653};
  StreamingOutputCallRequest request;
  for (const std::int32_t size : kSizes) {
    ResponseParameters& wanted = *request.add_response_parameters();
    wanted.set_size(size);
    wanted.mutable_compressed()->set_value(size == kSizes.front());
  }
  auto call = Client{target.open()}.StreamingOutputCall(request);
  for (const std::int32_t size : kSizes) {
    const auto response = call.read().wait();
    expect(response.has_value(), "the stream ended early");
    expect_body(response->payload(), size);
  }
  expect_status(call.finish().wait(), StatusCode::kOk);
}

StreamingOutputCallRequest output_request(std::int32_t request_size, std::int32_t response_size) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(response_size);
  set_body(*request.mutable_payload(), request_size);
  return request;
}

void ping_pong(const Target& target) {
  auto call = Client{target.open()}.FullDuplexCall();
  for (std::size_t i = 0; i < kRequestSizes.size(); ++i) {
    expect(call.write(output_request(kRequestSizes[i], kResponseSizes[i])).wait(), "the call ended early");
    const auto response = call.read().wait();
    expect(response.has_value(), "the stream ended early");
    expect_body(response->payload(), kResponseSizes[i]);
  }
  call.writes_done().wait();
  expect(!call.read().wait(), "a response came that nobody asked for");
  expect_status(call.finish().wait(), StatusCode::kOk);
}

void empty_stream(const Target& target) {
  auto call = Client{target.open()}.FullDuplexCall();
  call.writes_done().wait();
  expect(!call.read().wait(), "a response came that nobody asked for");
  expect_status(call.finish().wait(), StatusCode::kOk);
}

constexpr std::string_view kInitialName = "x-grpc-test-echo-initial";
constexpr std::string_view kInitialValue = "test_initial_metadata_value";
constexpr std::string_view kTrailingName = "x-grpc-test-echo-trailing-bin";
constexpr std::string_view kTrailingValue = "\xab\xab\xab";

void expect_echoed(const auto& call) {
  expect(call.initial_metadata().get(kInitialName) == kInitialValue,
         "the initial metadata did not come back");
  expect(call.trailing_metadata().get(kTrailingName) == kTrailingValue,
         "the trailing metadata did not come back");
}

void custom_metadata(const Target& target) {
  Metadata metadata;
  (void)metadata.add(kInitialName, kInitialValue);
  (void)metadata.add(kTrailingName, kTrailingValue);
  const CallOptions options{.metadata = &metadata};
  const Client client{target.open()};

  auto unary = client.UnaryCall(simple_request(), options);
  expect_body(value_of(unary.wait()).payload(), kLargeResponse);
  expect_echoed(unary);

  auto duplex = client.FullDuplexCall(options);
  duplex.write(output_request(kLargeRequest, kLargeResponse)).wait();
  duplex.writes_done().wait();
  const auto response = duplex.read().wait();
  expect(response.has_value(), "the stream ended early");
  expect_body(response->payload(), kLargeResponse);
  expect_status(duplex.finish().wait(), StatusCode::kOk);
  expect_echoed(duplex);
}

Status echoed_status(const Client& client, const std::string& message) {
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  return status_of(client.UnaryCall(request).wait());
}

void status_code_and_message(const Target& target) {
  constexpr std::string_view kMessage = "test status message";
  const Client client{target.open()};
  expect_status(echoed_status(client, std::string{kMessage}), StatusCode::kUnknown, kMessage);

  auto duplex = client.FullDuplexCall();
  StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(std::string{kMessage});
  duplex.write(request).wait();
  duplex.writes_done().wait();
  expect_status(duplex.finish().wait(), StatusCode::kUnknown, kMessage);
}

void special_status_message(const Target& target) {
  constexpr std::string_view kMessage =
      "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n";
  expect_status(echoed_status(Client{target.open()}, std::string{kMessage}), StatusCode::kUnknown, kMessage);
}

void unimplemented_method(const Target& target) {
  expect_status(status_of(Client{target.open()}.UnimplementedCall({}).wait()), StatusCode::kUnimplemented);
}

void unimplemented_service(const Target& target) {
  const UnimplementedService::Client client{target.open()};
  expect_status(status_of(client.UnimplementedCall({}).wait()), StatusCode::kUnimplemented);
}

void cancel_after_begin(const Target& target) {
  auto call = Client{target.open()}.StreamingInputCall();
  call.cancel();
  expect_status(status_of(call.finish().wait()), StatusCode::kCancelled);
}

void cancel_after_first_response(const Target& target) {
  auto call = Client{target.open()}.FullDuplexCall();
  call.write(output_request(kRequestSizes[0], kResponseSizes[0])).wait();
  expect(call.read().wait().has_value(), "no response came");
  call.cancel();
  expect_status(call.finish().wait(), StatusCode::kCancelled);
}

void timeout_on_sleeping_server(const Target& target) {
  auto call = Client{target.open()}.FullDuplexCall({.timeout = milliseconds{1}});
  call.write(output_request(kRequestSizes[0], kResponseSizes[0])).wait();
  expect_status(call.finish().wait(), StatusCode::kDeadlineExceeded);
}

TestOrcaReport test_report(double cpu, double memory, double utilization) {
  TestOrcaReport report;
  report.set_cpu_utilization(cpu);
  report.set_memory_utilization(memory);
  (*report.mutable_utilization())["util"] = utilization;
  return report;
}

void orca_per_rpc(const Target& target) {
  SimpleRequest request = simple_request(kLargeRequest, kLargeResponse);
  *request.mutable_orca_per_query_report() = test_report(0.8210, 0.5847, 0.30499);
  (*request.mutable_orca_per_query_report()->mutable_request_cost())["cost"] = 3456.32;
  auto call = Client{target.open()}.UnaryCall(request);
  value_of(call.wait());
  const auto report = services::load_report_of(call.trailing_metadata());
  expect(report.has_value(), "no load report came with the call");
  expect(report->cpu_utilization == 0.8210 && report->memory_utilization == 0.5847,
         "the utilization is not the one asked for");
  expect(report->request_cost == std::map<std::string, double, std::less<>>{{"cost", 3456.32}} &&
             report->utilization == std::map<std::string, double, std::less<>>{{"util", 0.30499}},
         "the figures by name are not those asked for");
}

// Sets the load by the first call; the second has to tell it within five seconds.
void expect_out_of_band(auto& setter, auto& reports, const TestOrcaReport& wanted) {
  StreamingOutputCallRequest request = output_request(0, 1);
  *request.mutable_orca_oob_report() = wanted;
  setter.write(request).wait();
  expect(setter.read().wait().has_value(), "the load was not taken");
  const auto until = steady_clock::now() + std::chrono::seconds{5};
  while (steady_clock::now() < until) {
    const auto report = reports.read().wait();
    expect(report.has_value(), "the reports ended");
    if (report->cpu_utilization() == wanted.cpu_utilization() &&
        report->mem_utilization() == wanted.memory_utilization() && report->utilization_size() == 1 &&
        report->utilization().begin()->second == wanted.utilization().begin()->second) {
      return;
    }
  }
  throw Failure{"the load was not reported within 5 seconds"};
}

void orca_oob(const Target& target) {
  const Channel channel = target.open();
  auto setter = Client{channel}.FullDuplexCall({.timeout = milliseconds{20'000}});
  ::xds::service::orca::v3::OrcaLoadReportRequest every_second;
  every_second.mutable_report_interval()->set_seconds(1);
  auto reports = ::xds::service::orca::v3::OpenRcaService::Client{channel}.StreamCoreMetrics(
      every_second, {.timeout = milliseconds{20'000}});
  expect_out_of_band(setter, reports, test_report(0.8210, 0.5847, 0.30499));
  expect_out_of_band(setter, reports, test_report(0.29309, 0.2, 0.2039));
}

// Large unary calls one after another; `channel_of` gives each its channel.
void soak(const Target& target, const std::function<Channel()>& channel_of) {
  const SoakOptions& options = target.soak;
  const auto end = steady_clock::now() + options.overall_timeout;
  int failures = 0;
  int done = 0;
  for (; done < options.iterations && steady_clock::now() < end; ++done) {
    const auto begin = steady_clock::now();
    const auto response =
        Client{channel_of()}.UnaryCall(simple_request(options.request_size, options.response_size)).wait();
    const bool in_time = steady_clock::now() - begin <= options.per_iteration_max;
    if (!response || !in_time) ++failures;
  }
  expect(done == options.iterations, concat("only ", std::to_string(done), " calls were made in time"));
  expect(failures <= options.max_failures,
         concat(std::to_string(failures), " calls failed or were too slow"));
}

void rpc_soak(const Target& target) {
  soak(target, [channel = target.open()] { return channel; });
}

void channel_soak(const Target& target) {
  soak(target, [&target] { return target.open(); });
}

}  // namespace

const std::map<std::string, TestCase>& test_cases() {
  static const std::map<std::string, TestCase> cases{
      {"cacheable_unary", cacheable_unary},
      {"empty_unary", empty_unary},
      {"large_unary", large_unary},
      {"client_compressed_unary", client_compressed_unary},
      {"client_compressed_unary_noprobe", client_compressed_unary_noprobe},
      {"server_compressed_unary", server_compressed_unary},
      {"client_streaming", client_streaming},
      {"client_compressed_streaming", client_compressed_streaming},
      {"client_compressed_streaming_noprobe", client_compressed_streaming_noprobe},
      {"server_streaming", server_streaming},
      {"server_compressed_streaming", server_compressed_streaming},
      {"ping_pong", ping_pong},
      {"empty_stream", empty_stream},
      {"custom_metadata", custom_metadata},
      {"status_code_and_message", status_code_and_message},
      {"special_status_message", special_status_message},
      {"unimplemented_method", unimplemented_method},
      {"unimplemented_service", unimplemented_service},
      {"cancel_after_begin", cancel_after_begin},
      {"cancel_after_first_response", cancel_after_first_response},
      {"timeout_on_sleeping_server", timeout_on_sleeping_server},
      {"orca_per_rpc", orca_per_rpc},
      {"orca_oob", orca_oob},
      {"pick_first_unary", pick_first_unary},
      {"rpc_soak", rpc_soak},
      {"channel_soak", channel_soak},
  };
  return cases;
}

}  // namespace parlance::interop
