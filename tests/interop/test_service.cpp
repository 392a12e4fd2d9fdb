#include "test_service.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "base/concat.h"
#include "services/orca.h"

namespace parlance::interop {
namespace {

// Metadata that the tests send to have them back.
constexpr std::string_view kEchoInitial = "x-grpc-test-echo-initial";
constexpr std::string_view kEchoTrailing = "x-grpc-test-echo-trailing-bin";

void echo_metadata(ServerCall& call) {
  if (const auto value = call.request_metadata().get(kEchoInitial)) {
    (void)call.initial_metadata().add(kEchoInitial, *value);
  }
  if (const auto value = call.request_metadata().get(kEchoTrailing)) {
    (void)call.trailing_metadata().add(kEchoTrailing, *value);
  }
}

Status status_of(const ::grpc::testing::EchoStatus& wanted) {
  return {static_cast<StatusCode>(wanted.code()), wanted.message()};
}

// Only for messages with `expect_compressed`.
template <typename Message>
bool came_as_expected(Incoming<Message>& message) {
  return !message->has_expect_compressed() ||
         message->expect_compressed().value() == message.was_compressed();
}

Status not_as_expected() {
  return {StatusCode::kInvalidArgument, "the request is not compressed as its expect_compressed says"};
}

services::LoadReport report_of(const ::grpc::testing::TestOrcaReport& wanted) {
  return {.cpu_utilization = wanted.cpu_utilization(),
          .memory_utilization = wanted.memory_utilization(),
          .utilization = {wanted.utilization().begin(), wanted.utilization().end()},
          .request_cost = {wanted.request_cost().begin(), wanted.request_cost().end()}};
}

void set_body(::grpc::testing::Payload& payload, std::int32_t size) {
  payload.mutable_body()->assign(static_cast<std::size_t>(size), '\0');
}

// Sends what a request asks for; false when nobody reads on.
Task<bool> write_responses(ServerCall& call, const TestService::OutputRequest& request,
                           Writer<TestService::OutputResponse>& out) {
  for (const auto& wanted : request.response_parameters()) {
    if (wanted.interval_us() > 0) {
      const bool slept = co_await call.sleep_for(std::chrono::microseconds{wanted.interval_us()});
      if (!slept) co_return false;
    }
    TestService::OutputResponse response;
    set_body(*response.mutable_payload(), wanted.size());
    if (wanted.fill_peer_socket_address().value()) response.set_peer_socket_address(std::string{call.peer()});
    const bool written = co_await out.write(response, {.compress = wanted.compressed().value()});
    if (!written) co_return false;
  }
  co_return true;
}

}  // namespace

TestService::TestService(std::shared_ptr<services::LoadFigures> figures)
    : server_id_(concat("parlance-", getpid())), figures_(std::move(figures)) {}

Task<Result<TestService::Empty>> TestService::EmptyCall(ServerCall&, Incoming<Empty>) { co_return Empty{}; }

Task<Result<TestService::SimpleResponse>> TestService::UnaryCall(ServerCall& call,
                                                                 Incoming<SimpleRequest> request) {
  echo_metadata(call);
  if (!came_as_expected(request)) co_return not_as_expected();
  if (request->has_orca_per_query_report())
    services::report_load(call, report_of(request->orca_per_query_report()));
  if (request->response_status().code() != 0) co_return status_of(request->response_status());
  if (request->response_compressed().value()) call.set_compression(grpc::Encoding::kGzip);
  SimpleResponse response;
  set_body(*response.mutable_payload(), request->response_size());
  if (request->fill_server_id()) response.set_server_id(server_id_);
  co_return response;
}

Task<Result<TestService::SimpleResponse>> TestService::CacheableUnaryCall(ServerCall& call,
                                                                          Incoming<SimpleRequest> request) {
  (void)call.initial_metadata().add("cache-control", "max-age=60, public");
  return UnaryCall(call, std::move(request));
}

Task<Status> TestService::StreamingOutputCall(ServerCall& call, Incoming<OutputRequest> request,
                                              Writer<OutputResponse>& out) {
  echo_metadata(call);
  call.set_compression(grpc::Encoding::kGzip);
  co_await write_responses(call, *request, out);
  co_return status_of(request->response_status());
}

Task<Result<TestService::InputResponse>> TestService::StreamingInputCall(ServerCall&,
                                                                         Reader<InputRequest>& in) {
  std::size_t size = 0;
  while (auto request = co_await in.read()) {
    if (!came_as_expected(*request)) co_return not_as_expected();
    size += (*request)->payload().body().size();
  }
  InputResponse response;
  response.set_aggregated_payload_size(static_cast<std::int32_t>(size));
  co_return response;
}

Task<Status> TestService::FullDuplexCall(ServerCall& call, Reader<OutputRequest>& in,
                                         Writer<OutputResponse>& out) {
  echo_metadata(call);
  call.set_compression(grpc::Encoding::kGzip);
  while (auto request = co_await in.read()) {
    if ((*request)->response_status().code() != 0) co_return status_of((*request)->response_status());
    if ((*request)->has_orca_oob_report()) figures_->set(report_of((*request)->orca_oob_report()));
    const bool written = co_await write_responses(call, **request, out);
    if (!written) break;
  }
  co_return Status{};
}

Task<Status> TestService::HalfDuplexCall(ServerCall& call, Reader<OutputRequest>& in,
                                         Writer<OutputResponse>& out) {
  std::vector<Incoming<OutputRequest>> requests;
  while (auto request = co_await in.read()) requests.push_back(*std::move(request));
  for (auto& request : requests) {
    const bool written = co_await write_responses(call, *request, out);
    if (!written) break;
  }
  co_return Status{};
}

}  // namespace parlance::interop
