#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/slab.h"
#include "rpc/call_scope.h"
#include "rpc/intercepted_call.h"
#include "rpc/server_interceptor.h"

namespace parlance::detail {

/// The interceptors of one call while they run, and what the call has come to so far. Made by the call when
/// its server has interceptors, and owned by it.
class InterceptorChain {
 public:
  using Interceptors = std::vector<std::shared_ptr<ServerInterceptor>>;

  InterceptorChain(InterceptedCall& call, const Interceptors& interceptors)
      : call_(call), interceptors_(interceptors) {}
  InterceptorChain(const InterceptorChain&) = delete;
  InterceptorChain& operator=(const InterceptorChain&) = delete;

  /// Runs the outermost interceptor. When it has returned, which may be before this returns, the call is
  /// told (interceptors_ended) and this object is gone.
  void start();

  // --- for the call
  // -----------------------------------------------------------------------------------------
  /// What the call has come to; the first counts.
  void settle(const Status& status) {
    if (!outcome_) outcome_ = status;
  }
  bool settled() const { return outcome_.has_value(); }
  /// Goes on with the innermost interceptor if the outcome is known and no handler runs. May end the chain
  /// and with it delete this and the call.
  void wake();
  /// Whether next() has come down to the handler.
  bool proceeds() const { return proceeds_; }
  /// Keeps a unary or client-streaming call's response (with its prefix) until the interceptors are done.
  void hold_response(Buffer framed) { response_ = std::move(framed); }
  /// The path of a method that is not served lives here; a served one's in its binding.
  std::string_view keep_path(std::string_view path) { return path_ = path; }

  /// What the filters make of a received message.
  Result<Buffer> filter_request(Buffer message) const;
  /// The same for one that is to be sent.
  Result<Buffer> filter_response(Buffer message) const;
  /// The same with its gRPC prefix.
  Result<Buffer> filter_framed_response(Buffer framed) const;
  bool has_filters() const { return !filters_.empty(); }

  // --- for ServerNext and MessageFilter
  // ---------------------------------------------------------------------
  Task<Status> next(std::size_t index);
  InterceptedCall& call() { return call_; }
  void add(MessageFilter& filter) { filters_.push_back(&filter); }
  void remove(MessageFilter& filter) { std::erase(filters_, &filter); }

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

 private:
  struct Rest;

  Task<Status> run_rest();
  static void finished(void* self);

  InterceptedCall& call_;
  const Interceptors& interceptors_;
  std::optional<Task<Status>> outermost_;
  std::optional<Status> outcome_;
  Waiter waiting_;  // in the innermost next(), for the outcome
  bool proceeds_ = false;
  Buffer response_;
  std::string path_;
  std::vector<MessageFilter*> filters_;  // outermost first
};

}  // namespace parlance::detail
