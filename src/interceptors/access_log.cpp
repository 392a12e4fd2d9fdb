#include "interceptors/access_log.h"

#include "grpc/error_details.h"
#include "interceptors/caller.h"

namespace parlance::interceptors {
namespace {

constexpr std::size_t kLongestClientId = 128;

class Counter final : public MessageFilter {
 public:
  Counter(const ServerNext& next, CallRecord& record) : MessageFilter(next), record_(record) {}

  Result<Buffer> on_request(Buffer message) override {
    ++record_.request_messages;
    record_.request_bytes += message.size();
    return message;
  }
  Result<Buffer> on_response(Buffer message) override {
    ++record_.response_messages;
    record_.response_bytes += message.size();
    return message;
  }

 private:
  CallRecord& record_;
};

CallRecord begun(const ServerCall& call) {
  CallRecord record;
  record.method = call.method();
  record.peer = call.peer();
  record.trace = Trace::of(call.request_metadata());
  record.client_id = call.request_metadata().get("x-client-id").value_or("").substr(0, kLongestClientId);
  return record;
}

void complete(CallRecord& record, const ServerCall& call, const Status& status) {
  record.code = status.code();
  if (auto info = grpc::error_info(status)) record.reason = std::move(info->reason);
  record.duration = Clock::now() - call.received_at();
  if (!call.deadline().is_never()) record.time_left = call.time_remaining();
  if (const Caller* caller = call.attributes().find<Caller>()) record.subject = caller->subject;
}

}  // namespace

Task<Status> AccessLog::intercept(ServerCall& call, ServerNext next) {
  CallRecord record = begun(call);
  (void)call.initial_metadata().add("x-trace-id", record.trace.trace_id);
  record.trace.add_to(call.propagated_metadata());
  call.attributes().set(record.trace);
  Counter counter{next, record};
  Status status = co_await next();
  complete(record, call, status);
  sink_(record);
  co_return status;
}

}  // namespace parlance::interceptors
