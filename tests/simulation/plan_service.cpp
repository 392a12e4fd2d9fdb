#include "plan_service.h"

#include "base/concat.h"

namespace parlance::simulation {

/// A handler while it runs.
class PlanService::Running {
 public:
  Running(const PlanService& service, const ServerCall& call)
      : book_(service.book_), call_(call), record_(record_of(book_, call)) {
    book_.handler_begins(record_, service.server_);
  }
  ~Running() {
    book_.handler_ended(record_);
    book_.simulation().note(
        concat("handler of call ", record_.number, call_.cancelled() ? " ends, cancelled" : " ends"));
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  CallRecord& record() const { return record_; }
  /// The failure that the plan asks of this handler, or OK.
  Status failure() const {
    if (record_.handlers_begun > record_.plan.failures) return {};
    return {StatusCode::kUnavailable, "as planned"};
  }

 private:
  static CallRecord& record_of(CallBook& book, const ServerCall& call) {
    const auto number = call.request_metadata().get(kCallNumberKey);
    return book.find(std::stoull(std::string{number.value()}));
  }

  CallBook& book_;
  const ServerCall& call_;
  CallRecord& record_;
};

std::vector<MethodBinding> PlanService::methods() {
  std::vector<MethodBinding> methods;
  methods.push_back(bind_unary("Unary", *this, &PlanService::Unary));
  methods.push_back(bind_client_streaming("Upload", *this, &PlanService::Upload));
  methods.push_back(bind_server_streaming("Download", *this, &PlanService::Download));
  methods.push_back(bind_bidi_streaming("Chat", *this, &PlanService::Chat));
  return methods;
}

Task<Result<Buffer>> PlanService::Unary(ServerCall& call, Incoming<Buffer> request) {
  const Running running{*this, call};
  const CallRecord& record = running.record();
  if (Status failure = running.failure(); !failure.ok()) co_return failure;
  check_message(book_.simulation(), record, Direction::kRequest, 0, request.bytes());
  co_await call.sleep_for(record.plan.handler_pause);
  co_return message_of(record, Direction::kResponse, 0, record.plan.responses_bytes[0]);
}

Task<void> PlanService::read_all(ServerCall& call, CallRecord& record, Reader<Buffer>& in) {
  std::size_t read = 0;
  for (;;) {
    co_await call.sleep_for(record.plan.handler_pause);
    auto request = co_await in.read();
    if (!request) break;
    check_message(book_.simulation(), record, Direction::kRequest, read++, request->bytes());
  }
  if (!call.cancelled() && read != record.plan.requests_bytes.size()) {
    book_.simulation().violated(concat("the requests of call ", record.number, " ended after ", read));
  }
}

Task<Result<Buffer>> PlanService::Upload(ServerCall& call, Reader<Buffer>& in) {
  const Running running{*this, call};
  CallRecord& record = running.record();
  if (Status failure = running.failure(); !failure.ok()) co_return failure;
  co_await read_all(call, record, in);
  co_return message_of(record, Direction::kResponse, 0, record.plan.responses_bytes[0]);
}

Task<Status> PlanService::Download(ServerCall& call, Incoming<Buffer> request, Writer<Buffer>& out) {
  const Running running{*this, call};
  const CallRecord& record = running.record();
  if (Status failure = running.failure(); !failure.ok()) co_return failure;
  check_message(book_.simulation(), record, Direction::kRequest, 0, request.bytes());
  for (std::size_t i = 0; i < record.plan.responses_bytes.size(); ++i) {
    co_await call.sleep_for(record.plan.handler_pause);
    const Buffer response = message_of(record, Direction::kResponse, i, record.plan.responses_bytes[i]);
    const bool goes_on = co_await out.write(response);
    if (!goes_on) break;
  }
  co_return Status{};
}

Task<Status> PlanService::Chat(ServerCall& call, Reader<Buffer>& in, Writer<Buffer>& out) {
  const Running running{*this, call};
  const CallRecord& record = running.record();
  if (Status failure = running.failure(); !failure.ok()) co_return failure;
  for (std::size_t i = 0;; ++i) {
    co_await call.sleep_for(record.plan.handler_pause);
    auto request = co_await in.read();
    if (!request) break;
    check_message(book_.simulation(), record, Direction::kRequest, i, request->bytes());
    const std::size_t size_bytes =
        i < record.plan.responses_bytes.size() ? record.plan.responses_bytes[i] : 0;
    const Buffer response = message_of(record, Direction::kResponse, i, size_bytes);
    const bool goes_on = co_await out.write(response);
    if (!goes_on) break;
  }
  co_return Status{};
}

}  // namespace parlance::simulation
