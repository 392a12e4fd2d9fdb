#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/slab.h"
#include "rpc/call_scope.h"
#include "rpc/client_interceptor.h"

namespace parlance::detail {

/// The interceptors of one call while they run. Owned by the call, which it keeps alive until the outermost
/// interceptor has returned.
class ClientInterceptorChain {
 public:
  using Interceptors = std::vector<std::shared_ptr<ClientInterceptor>>;

  ClientInterceptorChain(OutgoingCall& call, const Interceptors& interceptors)
      : call_(call), context_(call), interceptors_(interceptors) {}
  ClientInterceptorChain(const ClientInterceptorChain&) = delete;
  ClientInterceptorChain& operator=(const ClientInterceptorChain&) = delete;

  /// Runs the outermost interceptor; OutgoingCall::interceptors_ended follows, perhaps from within.
  void start();
  /// What the call has come to; the first counts. Goes on with the innermost interceptor.
  void settle(const Status& status);
  bool settled() const { return outcome_.has_value(); }
  /// Whether next() has come down to the call itself.
  bool proceeds() const { return proceeds_; }

  bool has_filters() const { return !filters_.empty(); }
  /// What the filters make of a message with its prefix that is to be sent.
  Result<Buffer> filter_request(Buffer framed) const;
  /// The same for a received one, decompressed, without prefix.
  Result<Buffer> filter_response(Buffer message) const;

  // --- what waits on either side of them
  struct HeldRequest {
    Buffer framed;
    bool compress;
  };
  /// A request for the time when they let the call proceed.
  void hold(HeldRequest request) { held_.push_back(std::move(request)); }
  std::vector<HeldRequest> take_held() { return std::exchange(held_, {}); }
  /// A response that went through the filters before the caller asked for it.
  void keep(Buffer response) { filtered_.push_back(std::move(response)); }
  std::optional<Buffer> take_kept();
  bool has_kept() const { return !filtered_.empty(); }
  void drop_kept() { filtered_.clear(); }

  // --- for ClientNext and ClientMessageFilter
  Task<Status> next(std::size_t index);
  void add(ClientMessageFilter& filter) { filters_.push_back(&filter); }
  void remove(ClientMessageFilter& filter) { std::erase(filters_, &filter); }

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

 private:
  struct Rest;

  Task<Status> run_rest();
  static void finished(void* self);

  OutgoingCall& call_;
  ClientCallContext context_;
  const Interceptors& interceptors_;
  std::vector<ClientMessageFilter*> filters_;
  std::vector<HeldRequest> held_;
  std::deque<Buffer> filtered_;
  std::optional<Task<Status>> outermost_;
  std::optional<Status> outcome_;
  Waiter waiting_;
  bool proceeds_ = false;
};

}  // namespace parlance::detail
