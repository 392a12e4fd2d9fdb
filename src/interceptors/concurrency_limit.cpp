#include "interceptors/concurrency_limit.h"

#include "base/assert.h"
#include "grpc/error_details.h"
#include "interceptors/retry_advice.h"
#include "rpc/call_scope.h"

namespace parlance::interceptors {
namespace {

bool is_retry(const ServerCall& call) {
  const auto attempts = call.request_metadata().get("grpc-previous-rpc-attempts");
  return attempts && *attempts != "0";
}

}  // namespace

// One call's turn: awaited until it comes, given on when destroyed. Lives in the interceptor's coroutine.
class ConcurrencyLimit::Turn final : AdmissionQueue::Ticket, CancellationListener {
 public:
  using Decision = AdmissionQueue::Decision;

  Turn(ConcurrencyLimit& limit, ServerCall& call) : limit_(limit), call_(call) {}
  ~Turn() {
    if (runs_) give_on();
  }

  bool await_ready() {
    if (call_.cancelled()) return true;
    const bool retry = is_retry(call_);
    const std::lock_guard lock{limit_.mutex_};
    const TimePoint now = call_.loop().now();
    const Decision decision = limit_.queue_.enter(*this, retry, now);
    runs_ = decision == Decision::kRun;
    if (decision == Decision::kShed) pushback_ = limit_.queue_.pushback(now);
    return decision != Decision::kWait;
  }

  // A turn that is given meanwhile arrives by way of this loop's mailbox, so not before this has returned.
  void await_suspend(std::coroutine_handle<> interceptor) {
    waiting_ = detail::Waiter{interceptor};
    call_.on_cancelled(*this);
  }

  // What a call that is shed should wait; zero for one that may go on, which a cancelled one may: the rest of
  // the call knows how it ended.
  Duration await_resume() const { return pushback_; }

 private:
  void on_cancelled() override {
    {
      const std::lock_guard lock{limit_.mutex_};
      if (!waits()) return;  // given its turn; the mailbox has it
      limit_.queue_.drop(*this);
    }
    waiting_.resume();
  }

  void give_on() {
    Turn* next = nullptr;
    {
      const std::lock_guard lock{limit_.mutex_};
      next = static_cast<Turn*>(limit_.queue_.leave(call_.loop().now()));
    }
    if (next != nullptr) next->call_.loop().post([next] { next->begin(); });
  }

  void begin() {
    stop_listening();
    runs_ = true;
    waiting_.resume();
  }

  ConcurrencyLimit& limit_;
  ServerCall& call_;
  detail::Waiter waiting_;
  Duration pushback_ = Duration::zero();
  bool runs_ = false;
};

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyLimitOptions options)
    : options_(std::move(options)), queue_(options_.max_running, options_.max_waiting) {
  require(options_.max_running > 0, "ConcurrencyLimitOptions: max_running is zero");
}

Task<Status> ConcurrencyLimit::intercept(ServerCall& call, ServerNext next) {
  return options_.exempt.contains(call.method()) ? next() : run_in_turn(call, next);
}

Task<Status> ConcurrencyLimit::run_in_turn(ServerCall& call, ServerNext next) {
  Turn turn{*this, call};
  const Duration pushback = co_await turn;
  if (pushback > Duration::zero()) co_return advise_retry(call, overloaded(), pushback);
  co_return co_await next();
}

Status ConcurrencyLimit::overloaded() const {
  const std::string limit =
      std::to_string(options_.max_running) + " running, " + std::to_string(options_.max_waiting) + " waiting";
  return grpc::make_error(StatusCode::kResourceExhausted, "OVERLOADED",
                          "the server runs as many calls as it may, and as many as may wait do",
                          {{"hop", "server"}, {"limit", limit}, {"knob", "max-concurrent-calls"}})
      .with_detail(grpc::to_detail(grpc::QuotaFailure{{{.subject = "server", .description = limit}}}));
}

std::size_t ConcurrencyLimit::running() const {
  const std::lock_guard lock{mutex_};
  return queue_.running();
}

std::size_t ConcurrencyLimit::waiting() const {
  const std::lock_guard lock{mutex_};
  return queue_.waiting();
}

}  // namespace parlance::interceptors
