#include "rpc/server_call.h"

#include <cstdio>

#include "rpc/server.h"

namespace parlance {

void ServerCall::on_cancelled(CancellationListener& listener) {
  if (cancelled()) {
    listener.on_cancelled();
  } else {
    listeners_.add(listener);
  }
}

std::stop_token ServerCall::stop_token() {
  if (!stop_source_) {
    stop_source_.emplace();
    if (cancelled()) stop_source_->request_stop();
  }
  return stop_source_->get_token();
}

void ServerCall::cancel() {
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  if (stop_source_) stop_source_->request_stop();
  listeners_.tell_all();
}

detail::DeadlineGiver ServerCall::set_deadline(std::optional<Duration> timeout,
                                               const ServerOptions& options) {
  using enum detail::DeadlineGiver;
  const TimePoint now = loop_.now();
  auto giver = kCaller;
  if (!timeout && options.default_timeout > Duration::zero()) {
    timeout = options.default_timeout;
    giver = kDefaultTimeout;
  }
  if (timeout) deadline_ = Deadline::after(now, *timeout);
  if (options.max_timeout > Duration::zero() && options.max_timeout < deadline_.remaining(now)) {
    deadline_ = Deadline::after(now, options.max_timeout);
    giver = kMaxTimeout;
  }
  return giver;
}

void ServerCall::set_retry_pushback(std::optional<std::chrono::milliseconds> after) {
  retry_pushback_ms_ = std::to_string(after ? after->count() : -1);
}

void ServerCall::add_hop(std::string_view entry) {
  if (hops_ < kMaxHops && trailing_metadata_.add(kHopsName, entry)) ++hops_;
}

void ServerCall::add_own_hop() {
  if (method_.empty()) return;
  const std::chrono::duration<double, std::milli> spent = Clock::now() - received_at_;
  char milliseconds[32];
  std::snprintf(milliseconds, sizeof milliseconds, " %.2fms", spent.count());
  (void)trailing_metadata_.add(kHopsName, std::string{method_} + milliseconds);
}

ServerCall::Sleep::~Sleep() { call_.loop().disarm(*this); }

void ServerCall::Sleep::await_suspend(std::coroutine_handle<> sleeper) {
  sleeper_ = detail::Waiter{sleeper};
  call_.on_cancelled(*this);
  if (!until_.is_never()) call_.loop().arm(*this, until_.at());
}

void ServerCall::Sleep::on_cancelled() {
  call_.loop().disarm(*this);
  sleeper_.resume();
}

}  // namespace parlance
