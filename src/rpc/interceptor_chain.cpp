#include "rpc/interceptor_chain.h"

#include <ranges>

#include "base/assert.h"
#include "grpc/message_reader.h"
#include "rpc/codec.h"
#include "rpc/server_errors.h"
#include "rpc/thrown.h"

namespace parlance {

Task<Status> ServerNext::operator()() const { return chain_->next(index_); }

Metadata& ServerNext::request_metadata() const { return chain_->call().mutable_request_metadata(); }

Task<Status> end_call(Status status) { co_return status; }

MessageFilter::MessageFilter(const ServerNext& next) : chain_(next.chain_) { chain_->add(*this); }

MessageFilter::~MessageFilter() { chain_->remove(*this); }

namespace detail {

// Ready when the handler has ended, or never will begin.
struct InterceptorChain::Rest {
  explicit Rest(InterceptorChain& of) : chain(of) {}
  ~Rest() { chain.waiting_ = Waiter{}; }
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;

  bool await_ready() const { return chain.settled() && !chain.call_.has_handler(); }
  void await_suspend(std::coroutine_handle<> interceptor) { chain.waiting_ = Waiter{interceptor}; }
  void await_resume() const {}

  InterceptorChain& chain;
};

void InterceptorChain::start() {
  outermost_ = next(0);
  outermost_->start(&InterceptorChain::finished, this);
}

void InterceptorChain::finished(void* self) {
  auto* chain = static_cast<InterceptorChain*>(self);
  InterceptedCall& call = chain->call_;
  Status status;
  try {
    status = chain->outermost_->take();
  } catch (...) {
    status = call.status_of_exception(std::current_exception(), Thrower::kInterceptor);
  }
  call.interceptors_ended(std::move(status), std::move(chain->response_));  // deletes the chain
}

// One that is no coroutine throws at once; its task throws then, as that of a coroutine does.
Task<Status> InterceptorChain::next(std::size_t index) {
  if (index == interceptors_.size()) return run_rest();
  try {
    return interceptors_[index]->intercept(call_.call(), ServerNext{*this, index + 1});
  } catch (...) {
    return thrown(std::current_exception());
  }
}

Task<Status> InterceptorChain::run_rest() {
  require(!std::exchange(proceeds_, true), "ServerNext: awaited twice in one call");
  if (!settled()) call_.proceed();
  Rest rest{*this};
  co_await rest;
  co_return *outcome_;
}

void InterceptorChain::wake() {
  if (settled() && !call_.has_handler()) waiting_.resume();
}

Result<Buffer> InterceptorChain::filter_request(Buffer message) const {
  Result<Buffer> filtered = std::move(message);
  for (MessageFilter* filter : filters_) {
    filtered = filter->on_request(*std::move(filtered));
    if (!filtered) break;
  }
  return filtered;
}

Result<Buffer> InterceptorChain::filter_response(Buffer message) const {
  Result<Buffer> filtered = std::move(message);
  for (MessageFilter* filter : filters_ | std::views::reverse) {
    filtered = filter->on_response(*std::move(filtered));
    if (!filtered) break;
  }
  return filtered;
}

Result<Buffer> InterceptorChain::filter_framed_response(Buffer framed) const {
  const Buffer message = framed.slice(grpc::kPrefixBytes, framed.size() - grpc::kPrefixBytes);
  Result<Buffer> filtered = filter_response(message);
  if (!filtered) return filtered;
  const bool unchanged = filtered->data() == message.data() && filtered->size() == message.size();
  return unchanged ? std::move(framed) : detail::frame_message(*filtered);
}

}  // namespace detail
}  // namespace parlance
