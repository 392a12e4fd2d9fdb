#include "conformance_service.h"

#include <chrono>

#include "exchange.h"

namespace parlance::conformance {
namespace {

using Requests = google::protobuf::RepeatedPtrField<google::protobuf::Any>;
using std::chrono::milliseconds;

template <typename Request>
void add_request(Incoming<Request>& request, Requests& requests) {
  google::protobuf::Any& any = *requests.Add();
  any.set_type_url("type.googleapis.com/" + Request::descriptor()->full_name());
  any.set_value(std::string{request.bytes().text()});
}

v1::ConformancePayload::RequestInfo info_of(const ServerCall& call, const Requests& requests) {
  v1::ConformancePayload::RequestInfo info;
  *info.mutable_request_headers() = to_headers(call.request_metadata());
  if (!call.deadline().is_never()) {
    info.set_timeout_ms(std::chrono::duration_cast<milliseconds>(call.time_remaining()).count());
  }
  *info.mutable_requests() = requests;
  return info;
}

Status status_of(const v1::Error& error) {
  std::vector<StatusDetail> details;
  for (const auto& any : error.details()) details.push_back({any.type_url(), any.value()});
  return {static_cast<StatusCode>(error.code()), error.message(), std::move(details)};
}

// An error that comes before any response carries what a first response would have carried.
Status status_with_info(const v1::Error& error, const ServerCall& call, const Requests& requests) {
  google::protobuf::Any any;
  any.PackFrom(info_of(call, requests));
  return status_of(error).with_detail({any.type_url(), any.value()});
}

template <typename Definition>
Result<void> take_metadata(ServerCall& call, const Definition& definition) {
  if (auto added = add_headers(definition.response_headers(), call.initial_metadata()); !added) return added;
  return add_headers(definition.response_trailers(), call.trailing_metadata());
}

template <typename Response>
Task<Result<Response>> answer_one(ServerCall& call, const v1::UnaryResponseDefinition& definition,
                                  const Requests& requests) {
  if (const auto taken = take_metadata(call, definition); !taken) co_return taken.error();
  call.send_initial_metadata();
  const bool slept = co_await call.sleep_for(milliseconds{definition.response_delay_ms()});
  if (!slept) co_return Status{StatusCode::kCancelled, "cancelled"};
  if (definition.has_error()) co_return status_with_info(definition.error(), call, requests);
  Response response;
  response.mutable_payload()->set_data(definition.response_data());
  *response.mutable_payload()->mutable_request_info() = info_of(call, requests);
  co_return response;
}

// The responses of a streaming call, one after another.
template <typename Response>
class Answers {
 public:
  Answers(ServerCall& call, Writer<Response>& out) : call_(call), out_(out) {}

  // Before anything else; `definition` outlives this.
  Result<void> begin(const v1::StreamResponseDefinition& definition) {
    definition_ = &definition;
    if (auto taken = take_metadata(call_, definition); !taken) return taken;
    call_.send_initial_metadata();
    return {};
  }

  bool done() const { return definition_ == nullptr || sent_ == definition_->response_data_size(); }

  // False when nobody reads on.
  Task<bool> send_next(v1::ConformancePayload payload) {
    const bool slept = co_await call_.sleep_for(milliseconds{definition_->response_delay_ms()});
    if (!slept) co_return false;
    Response response;
    *response.mutable_payload() = std::move(payload);
    response.mutable_payload()->set_data(definition_->response_data(sent_++));
    co_return co_await out_.write(response);
  }

  // What a response carries that stands for `requests`; all there is to say of the call in the first.
  v1::ConformancePayload payload(const Requests& requests) const {
    v1::ConformancePayload payload;
    if (sent_ == 0) {
      *payload.mutable_request_info() = info_of(call_, requests);
    } else if (!requests.empty()) {
      *payload.mutable_request_info()->mutable_requests() = requests;
    }
    return payload;
  }

  // All that is left, and the status.
  Task<Status> finish(Requests requests) {
    while (!done()) {
      Task<bool> sending = send_next(payload(sent_ == 0 ? requests : Requests{}));
      const bool sent = co_await std::move(sending);
      if (!sent) co_return Status{StatusCode::kCancelled, "cancelled"};
    }
    if (definition_ == nullptr || !definition_->has_error()) co_return Status{};
    co_return sent_ == 0 ? status_with_info(definition_->error(), call_, requests)
                         : status_of(definition_->error());
  }

 private:
  ServerCall& call_;
  Writer<Response>& out_;
  const v1::StreamResponseDefinition* definition_ = nullptr;
  int sent_ = 0;
};

}  // namespace

Task<Result<v1::UnaryResponse>> ConformanceService::Unary(ServerCall& call, Incoming<UnaryRequest> request) {
  Requests requests;
  add_request(request, requests);
  co_return co_await answer_one<UnaryResponse>(call, request->response_definition(), requests);
}

Task<Result<v1::IdempotentUnaryResponse>> ConformanceService::IdempotentUnary(
    ServerCall& call, Incoming<IdempotentUnaryRequest> request) {
  Requests requests;
  add_request(request, requests);
  co_return co_await answer_one<IdempotentUnaryResponse>(call, request->response_definition(), requests);
}

Task<Result<v1::ClientStreamResponse>> ConformanceService::ClientStream(ServerCall& call,
                                                                        Reader<ClientStreamRequest>& in) {
  Requests requests;
  v1::UnaryResponseDefinition definition;
  while (auto request = co_await in.read()) {
    if (requests.empty()) definition = (*request)->response_definition();
    add_request(*request, requests);
  }
  co_return co_await answer_one<ClientStreamResponse>(call, definition, requests);
}

Task<Status> ConformanceService::ServerStream(ServerCall& call, Incoming<ServerStreamRequest> request,
                                              Writer<ServerStreamResponse>& out) {
  Requests requests;
  add_request(request, requests);
  Answers<ServerStreamResponse> answers{call, out};
  if (const auto begun = answers.begin(request->response_definition()); !begun) co_return begun.error();
  Task<Status> finishing = answers.finish(std::move(requests));
  co_return co_await std::move(finishing);
}

Task<Status> ConformanceService::BidiStream(ServerCall& call, Reader<BidiStreamRequest>& in,
                                            Writer<BidiStreamResponse>& out) {
  Requests requests;  // since the last response
  v1::BidiStreamRequest first;
  bool begun = false;
  Answers<BidiStreamResponse> answers{call, out};
  while (auto request = co_await in.read()) {
    add_request(*request, requests);
    if (!std::exchange(begun, true)) {
      first = **request;
      if (const auto taken = answers.begin(first.response_definition()); !taken) co_return taken.error();
    }
    if (!first.full_duplex()) continue;
    if (answers.done()) break;
    Task<bool> sending = answers.send_next(answers.payload(std::exchange(requests, {})));
    const bool sent = co_await std::move(sending);
    if (!sent) co_return Status{StatusCode::kCancelled, "cancelled"};
  }
  Task<Status> finishing = answers.finish(std::move(requests));
  co_return co_await std::move(finishing);
}

}  // namespace parlance::conformance
