#include "rpc/client_interceptor_chain.h"

#include <ranges>

#include "base/assert.h"
#include "grpc/error_details.h"
#include "grpc/message_reader.h"
#include "rpc/channel_core.h"
#include "rpc/codec.h"
#include "rpc/outgoing_call.h"
#include "rpc/thrown.h"

namespace parlance {

std::string_view ClientCallContext::method() const { return call_.path(); }
const std::string& ClientCallContext::target() const { return call_.config().target; }
grpc::Metadata& ClientCallContext::request_metadata() { return call_.request_metadata(); }
Deadline ClientCallContext::deadline() const { return call_.deadline(); }
void ClientCallContext::limit_deadline(Deadline deadline) { call_.limit_deadline(deadline); }
const grpc::Metadata& ClientCallContext::initial_metadata() const { return call_.initial_metadata(); }
const grpc::Metadata& ClientCallContext::trailing_metadata() const { return call_.trailing_metadata(); }
std::string_view ClientCallContext::peer() const { return call_.peer(); }
unsigned ClientCallContext::attempts() const { return call_.made_attempts(); }

Task<Status> ClientNext::operator()() const { return chain_->next(index_); }

ClientMessageFilter::ClientMessageFilter(const ClientNext& next) : chain_(next.chain_) { chain_->add(*this); }
ClientMessageFilter::~ClientMessageFilter() { chain_->remove(*this); }

namespace detail {
namespace {

// Its text might say what is not the caller's business: it is not passed on.
Status interceptor_threw() {
  return grpc::make_error(StatusCode::kUnknown, "CLIENT_INTERCEPTOR_EXCEPTION",
                          "an interceptor of the channel let an exception out", {{"hop", "client"}});
}

}  // namespace

struct ClientInterceptorChain::Rest {
  ClientInterceptorChain& chain;
  bool await_ready() const { return chain.settled(); }
  void await_suspend(std::coroutine_handle<> interceptor) const { chain.waiting_ = Waiter{interceptor}; }
  void await_resume() const {}
};

void ClientInterceptorChain::start() {
  call_.add_reference();
  outermost_ = next(0);
  outermost_->start(&ClientInterceptorChain::finished, this);
}

void ClientInterceptorChain::finished(void* self) {
  auto& chain = *static_cast<ClientInterceptorChain*>(self);
  OutgoingCall& call = chain.call_;
  Status status;
  try {
    status = chain.outermost_->take();
  } catch (...) {
    status = interceptor_threw();
  }
  call.interceptors_ended(std::move(status));
  call.drop_reference();  // may delete the chain
}

Task<Status> ClientInterceptorChain::next(std::size_t index) {
  if (index == interceptors_.size()) return run_rest();
  try {
    return interceptors_[index]->intercept(context_, ClientNext{*this, index + 1});
  } catch (...) {  // one that is no coroutine
    return thrown(std::current_exception());
  }
}

Task<Status> ClientInterceptorChain::run_rest() {
  require(!std::exchange(proceeds_, true), "ClientNext: awaited twice in one call");
  if (!settled()) call_.proceed();
  Rest rest{*this};
  co_await rest;
  co_return *outcome_;
}

void ClientInterceptorChain::settle(const Status& status) {
  if (outcome_) return;
  outcome_ = status;
  waiting_.resume();
}

std::optional<Buffer> ClientInterceptorChain::take_kept() {
  if (filtered_.empty()) return std::nullopt;
  std::optional<Buffer> response = std::move(filtered_.front());
  filtered_.pop_front();
  return response;
}

Result<Buffer> ClientInterceptorChain::filter_request(Buffer framed) const {
  if (filters_.empty()) return framed;
  const Buffer message = framed.slice(grpc::kPrefixBytes, framed.size() - grpc::kPrefixBytes);
  Result<Buffer> filtered = message;
  for (ClientMessageFilter* filter : filters_) {
    filtered = filter->on_request(*std::move(filtered));
    if (!filtered) return filtered;
  }
  const bool unchanged = filtered->data() == message.data() && filtered->size() == message.size();
  return unchanged ? std::move(framed) : detail::frame_message(*filtered);
}

Result<Buffer> ClientInterceptorChain::filter_response(Buffer message) const {
  Result<Buffer> filtered = std::move(message);
  for (ClientMessageFilter* filter : filters_ | std::views::reverse) {
    filtered = filter->on_response(*std::move(filtered));
    if (!filtered) break;
  }
  return filtered;
}

}  // namespace detail
}  // namespace parlance
