#include "plan_client.h"

#include <memory>

#include "base/concat.h"
#include "plan_service.h"
#include "rpc/client_call.h"

namespace parlance::simulation {
namespace {

/// `co_await Pause{loop, 5ms}`.
class Pause final : TimerNode {
 public:
  Pause(net::Loop& loop, Duration time) : loop_(loop), time_(time) {}
  ~Pause() override { loop_.disarm(*this); }

  bool await_ready() const { return time_ <= Duration::zero(); }
  void await_suspend(std::coroutine_handle<> sleeper) {
    sleeper_ = sleeper;
    loop_.arm(*this, loop_.now() + time_);
  }
  void await_resume() const {}

 private:
  void on_timer() override { sleeper_.resume(); }

  net::Loop& loop_;
  const Duration time_;
  std::coroutine_handle<> sleeper_;
};

/// Cancels a call after a time, unless it is gone by then.
template <typename Call>
class Cancelling final : TimerNode {
 public:
  Cancelling(Call& call, Duration time) : call_(call) {
    if (time > Duration::zero()) loop_.arm(*this, loop_.now() + time);
  }
  ~Cancelling() override { loop_.disarm(*this); }

 private:
  void on_timer() override { call_.cancel(); }

  net::Loop& loop_ = *net::Loop::current();
  Call& call_;
};

struct Context {
  CallBook& book;
  CallRecord& record;
  Channel channel;
  CallOptions options;

  const CallPlan& plan() const { return record.plan; }
  Buffer request(std::size_t index) const {
    return message_of(record, Direction::kRequest, index, record.plan.requests_bytes[index]);
  }
  void received(const Buffer& response) const {
    check_message(book.simulation(), record, Direction::kResponse, record.responses_read++, response);
  }
  void received(const Result<Buffer>& response) const {
    if (response) received(*response);
  }
};

Status status_of(const Result<Buffer>& result) { return result ? Status{} : result.error(); }

Task<Status> unary(Context& context) {
  UnaryCall<Buffer> call{context.channel, "/simulation.Plan/Unary", context.request(0), context.options};
  const Cancelling cancelling{call, context.plan().cancel_after};
  Result<Buffer> response = co_await call;
  context.received(response);
  co_return status_of(response);
}

Task<Status> upload(Context& context) {
  net::Loop& loop = *net::Loop::current();
  ClientWriter<Buffer, Buffer> call{context.channel, "/simulation.Plan/Upload", context.options};
  const Cancelling cancelling{call, context.plan().cancel_after};
  for (std::size_t i = 0; i < context.plan().requests_bytes.size(); ++i) {
    co_await Pause{loop, context.plan().client_pause};
    const Buffer request = context.request(i);
    const bool goes_on = co_await call.write(request);
    if (!goes_on) break;
  }
  Result<Buffer> response = co_await call.finish();
  context.received(response);
  co_return status_of(response);
}

// Reads to the end of the call, slowly where the plan says so.
template <typename Call>
Task<Status> read_all(Context& context, Call& call) {
  net::Loop& loop = *net::Loop::current();
  for (;;) {
    co_await Pause{loop, context.plan().client_pause};
    std::optional<Buffer> response = co_await call.read();
    if (!response) break;
    context.received(*response);
  }
  Status status = co_await call.finish();
  co_return status;
}

Task<Status> download(Context& context) {
  ClientReader<Buffer> call{context.channel, "/simulation.Plan/Download", context.request(0),
                            context.options};
  const Cancelling cancelling{call, context.plan().cancel_after};
  Status status = co_await read_all(context, call);
  co_return status;
}

using ChatCall = ClientReaderWriter<Buffer, Buffer>;

// Beside the reader; `call` is shared, for it may be the last to end.
Task<void> write_all(const CallRecord& record, std::shared_ptr<ChatCall> call) {
  for (std::size_t i = 0; i < record.plan.requests_bytes.size(); ++i) {
    const Buffer request = message_of(record, Direction::kRequest, i, record.plan.requests_bytes[i]);
    const bool goes_on = co_await call->write(request);
    if (!goes_on) co_return;
  }
  co_await call->writes_done();
}

Task<Status> chat(Context& context) {
  auto call = std::make_shared<ChatCall>(context.channel, "/simulation.Plan/Chat", context.options);
  const Cancelling cancelling{*call, context.plan().cancel_after};
  spawn(*net::Loop::current(), write_all(context.record, call));
  Status status = co_await read_all(context, *call);
  co_return status;
}

Task<Status> follow(Context& context) {
  switch (context.plan().kind) {
    case CallKind::kUnary:
      return unary(context);
    case CallKind::kUpload:
      return upload(context);
    case CallKind::kDownload:
      return download(context);
    case CallKind::kChat:
      break;
  }
  return chat(context);
}

}  // namespace

Task<void> make_call(CallBook& book, CallRecord& record, Channel channel) {
  Metadata metadata;
  require(metadata.add(kCallNumberKey, std::to_string(record.number)).has_value(),
          "make_call: its metadata is refused");
  const CallOptions options{.timeout = record.plan.timeout,
                            .deadline = record.deadline,
                            .metadata = &metadata,
                            .wait_for_ready = record.plan.wait_for_ready};
  Context context{book, record, std::move(channel), options};
  Status status = co_await follow(context);
  book.end(record, std::move(status));
}

}  // namespace parlance::simulation
