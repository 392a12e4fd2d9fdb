#include "echo_service.h"

#include <chrono>
#include <stdexcept>

#include "grpc/error_details.h"

namespace parlance::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::int64_t time_remaining_ms(const ServerCall& call) {
  if (call.deadline().is_never()) return -1;
  return std::chrono::ceil<milliseconds>(call.time_remaining()).count();
}

void echo_metadata(ServerCall& call) {
  for (const auto& [name, value] : call.request_metadata()) {
    if (!name.starts_with("x-")) continue;
    (void)call.initial_metadata().add(name, value);
    (void)call.trailing_metadata().add(name, value);
  }
}

Status to_status(const Failure& failure) {
  Status status{static_cast<StatusCode>(failure.code()), failure.message()};
  if (!failure.reason().empty()) {
    grpc::ErrorInfo info{.reason = failure.reason(), .domain = failure.domain()};
    for (const auto& [key, value] : failure.metadata()) info.metadata.emplace_back(key, value);
    status = status.with_detail(grpc::to_detail(info));
  }
  for (const auto& detail : failure.details()) {
    status = status.with_detail({detail.type_url(), detail.value()});
  }
  return status;
}

EchoResponse answer(const ServerCall& call, const EchoRequest& request, std::int64_t requests) {
  EchoResponse response;
  response.set_text(request.text());
  if (request.response_bytes() > 0) {
    response.mutable_payload()->assign(static_cast<std::size_t>(request.response_bytes()), 'x');
  } else {
    response.set_payload(request.payload());
  }
  response.set_requests(requests);
  response.set_time_remaining_ms(time_remaining_ms(call));
  response.set_method(std::string{call.method()});
  response.set_authority(std::string{call.authority()});
  response.set_peer(std::string{call.peer()});
  return response;
}

// The part of every handler that may take time or fail.
Task<Status> obey(ServerCall& call, const EchoRequest& request) {
  if (request.echo_metadata()) echo_metadata(call);
  if (request.sleep_ms() > 0) co_await call.sleep_for(milliseconds{request.sleep_ms()});
  if (!request.throw_text().empty()) throw std::runtime_error(request.throw_text());
  if (request.has_failure()) co_return to_status(request.failure());
  co_return Status{};
}

}  // namespace

// Counts a handler for as long as it runs, and whether its call was cancelled by then.
class EchoService::Counted {
 public:
  Counted(Counters& counters, const ServerCall& call) : counters_(counters), call_(call) {
    ++counters_.started;
    ++counters_.running;
  }
  ~Counted() {
    if (call_.cancelled()) ++counters_.cancelled;
    --counters_.running;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  Counters& counters_;
  const ServerCall& call_;
};

Task<Result<EchoResponse>> EchoService::Unary(ServerCall& call, Incoming<EchoRequest> request) {
  const Counted counted{counters_, call};
  const EchoRequest& message = *request;
  Status status = co_await obey(call, message);
  if (!status.ok()) co_return status;
  co_return answer(call, message, 1);
}

Task<Result<EchoResponse>> EchoService::ClientStreaming(ServerCall& call, Reader<EchoRequest>& in) {
  const Counted counted{counters_, call};
  std::int64_t requests = 0;
  EchoRequest last;
  while (auto request = co_await in.read()) {
    ++requests;
    last = **request;
    Status status = co_await obey(call, last);
    if (!status.ok()) co_return status;
  }
  co_return answer(call, last, requests);
}

Task<Status> EchoService::ServerStreaming(ServerCall& call, Incoming<EchoRequest> request,
                                          Writer<EchoResponse>& out) {
  const Counted counted{counters_, call};
  const EchoRequest& message = *request;
  if (message.echo_metadata()) echo_metadata(call);
  const EchoResponse response = answer(call, message, 1);
  for (int i = 0; i < message.response_count(); ++i) {
    if (message.sleep_ms() > 0) co_await call.sleep_for(milliseconds{message.sleep_ms()});
    if (!co_await out.write(response)) break;
  }
  if (!message.throw_text().empty()) throw std::runtime_error(message.throw_text());
  co_return message.has_failure() ? to_status(message.failure()) : Status{};
}

Task<Status> EchoService::Bidi(ServerCall& call, Reader<EchoRequest>& in, Writer<EchoResponse>& out) {
  const Counted counted{counters_, call};
  std::int64_t requests = 0;
  while (auto request = co_await in.read()) {
    const EchoRequest& message = **request;
    Status status = co_await obey(call, message);
    if (!status.ok()) co_return status;
    const EchoResponse response = answer(call, message, ++requests);
    if (!co_await out.write(response)) break;
  }
  co_return Status{};
}

Task<Result<EchoResponse>> EchoService::UntilCancelled(ServerCall& call, Incoming<EchoRequest> request) {
  const Counted counted{counters_, call};
  const EchoRequest& message = *request;
  co_await call.sleep_for(hours{24});
  co_return answer(call, message, 1);
}

Task<Status> EchoService::Flood(ServerCall& call, Incoming<EchoRequest> request, Writer<EchoResponse>& out) {
  const Counted counted{counters_, call};
  const EchoResponse response = answer(call, *request, 1);
  while (request->never_wait() && out.write(response).accepted) ++counters_.messages_flooded;
  while (co_await out.write(response)) ++counters_.messages_flooded;
  co_return Status{};
}

Task<Result<EchoResponse>> EchoService::NeverRead(ServerCall& call, Reader<EchoRequest>&) {
  const Counted counted{counters_, call};
  co_await call.sleep_for(hours{24});
  co_return EchoResponse{};
}

Task<Result<Observations>> EchoService::Observe(ServerCall&, Incoming<ObserveRequest>) {
  Observations observations;
  observations.set_started(counters_.started);
  observations.set_running(counters_.running);
  observations.set_cancelled(counters_.cancelled);
  observations.set_messages_flooded(counters_.messages_flooded);
  co_return observations;
}

}  // namespace parlance::testing
