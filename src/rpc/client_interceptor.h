#pragma once

#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/deadline.h"
#include "base/status.h"
#include "grpc/metadata.h"
#include "rpc/task.h"

namespace parlance {

namespace detail {
class ClientInterceptorChain;
class OutgoingCall;
}  // namespace detail

/// What an interceptor knows of a client's call. Good for as long as the interceptor runs.
class ClientCallContext {
 public:
  explicit ClientCallContext(detail::OutgoingCall& call) : call_(call) {}
  ClientCallContext(const ClientCallContext&) = delete;

  /// "/inference.InferenceService/Predict".
  std::string_view method() const;
  /// What the channel was opened with.
  const std::string& target() const;
  /// What will be sent; changes count until next() is awaited.
  grpc::Metadata& request_metadata();
  Deadline deadline() const;
  /// Makes the deadline earlier; a later one changes nothing.
  void limit_deadline(Deadline deadline);

  // After next().
  const grpc::Metadata& initial_metadata() const;
  const grpc::Metadata& trailing_metadata() const;
  /// The server that answered, "ipv4:127.0.0.1:50051"; empty when none did.
  std::string_view peer() const;
  /// Attempts that were made (retries and hedges).
  unsigned attempts() const;

 private:
  detail::OutgoingCall& call_;
};

/// The rest of an intercepted call: the interceptors further in, the attempts, the answer.
class ClientNext {
 public:
  ClientNext(detail::ClientInterceptorChain& chain, std::size_t index) : chain_(&chain), index_(index) {}

  /// `Status status = co_await next();` makes the call and gives the status it is about to end with. At most
  /// once a call (checked).
  Task<Status> operator()() const;

 private:
  friend class ClientMessageFilter;
  detail::ClientInterceptorChain* chain_;
  std::size_t index_;
};

/// Runs around every call of a channel, of all four types (ChannelOptions::interceptors, outermost first):
///
///   class Tenant final : public ClientInterceptor {
///     Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
///       (void)call.request_metadata().add("x-tenant", "blue");
///       co_return co_await next();
///     }
///   };
///
/// It starts on the call's loop when the call begins, before anything is sent; what it returns is what the
/// caller gets, and without having awaited next() nothing is sent at all. Retries and hedges happen inside
/// next(). Messages pass to and from the caller while next() runs. A call that the caller cancels, or whose
/// deadline passes, ends for the caller at once; next() then gives that status, and what the interceptor
/// returns counts no more.
///
/// One object serves every loop at once: state that is not a call's own must bear that.
class ClientInterceptor {
 public:
  virtual ~ClientInterceptor() = default;
  virtual Task<Status> intercept(ClientCallContext& call, ClientNext next) = 0;
};

/// Sees the messages of one call and may replace or refuse each. Made by an interceptor in its own frame,
/// before it awaits next():
///
///   Redact filter{next};           // derives from ClientMessageFilter
///   co_return co_await next();
///
/// Requests pass through the filters from the outermost interceptor to the innermost, responses the other
/// way. Bytes are a message's without its gRPC prefix, not compressed. An error ends the call with it.
class ClientMessageFilter {
 public:
  ClientMessageFilter(const ClientMessageFilter&) = delete;
  ClientMessageFilter& operator=(const ClientMessageFilter&) = delete;

  virtual Result<Buffer> on_request(Buffer message) { return message; }
  virtual Result<Buffer> on_response(Buffer message) { return message; }

 protected:
  explicit ClientMessageFilter(const ClientNext& next);
  ~ClientMessageFilter();

 private:
  detail::ClientInterceptorChain* chain_;
};

}  // namespace parlance
