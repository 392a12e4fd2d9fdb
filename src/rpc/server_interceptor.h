#pragma once

#include "base/buffer.h"
#include "base/status.h"
#include "rpc/server_call.h"
#include "rpc/task.h"

namespace parlance {

namespace detail {
class InterceptorChain;
}

/// The rest of an intercepted call: the interceptors further in, the request, the handler. Copied freely;
/// good for as long as the interceptor runs.
class ServerNext {
 public:
  ServerNext(detail::InterceptorChain& chain, std::size_t index) : chain_(&chain), index_(index) {}

  /// `Status status = co_await next();` runs the rest of the call and gives the status that it is about to
  /// end with. At most once a call (checked).
  Task<Status> operator()() const;
  /// The request's metadata, to be changed before next() is awaited; the handler sees the change.
  Metadata& request_metadata() const;

 private:
  friend class MessageFilter;
  detail::InterceptorChain* chain_;
  std::size_t index_;
};

/// Runs around every call of a server, of all four types (ServerOptions::interceptors, outermost first):
///
///   class Timing final : public ServerInterceptor {
///     Task<Status> intercept(ServerCall& call, ServerNext next) override {
///       const TimePoint begin = Clock::now();
///       Status status = co_await next();
///       report(call.method(), status, Clock::now() - begin);
///       co_return status;
///     }
///   };
///
/// It starts on the call's loop when the request's headers are here, before any of the body is read. What it
/// returns is what the caller gets; without having awaited next(), the call is answered unread and what still
/// arrives is dropped. It may await anything a handler may.
///
/// next() ends when the handler has ended. Its status is the handler's, or what ended the call otherwise:
/// HANDLER_EXCEPTION when the handler threw, CANCELLED when the caller left, DEADLINE_EXCEEDED, what was
/// wrong with the request, UNIMPLEMENTED when there is no such method. What happens while the handler runs
/// and cuts it short (deadline, shutdown, a malformed message) has been told to the caller by then: changing
/// it changes nothing any more. Initial metadata can be added until the first response message goes out,
/// trailing ones until the interceptor returns. The one response of a unary or client-streaming call leaves
/// after the outermost interceptor has returned OK, so a status other than OK stops it.
///
/// One object serves every loop of the server at once: state that is not a call's own must bear that.
/// A front (ServerOptions::front) may run them around the requests that it answers, too; other requests that
/// are not gRPC at all (a browser's GET) are answered without.
class ServerInterceptor {
 public:
  virtual ~ServerInterceptor() = default;
  virtual Task<Status> intercept(ServerCall& call, ServerNext next) = 0;
};

/// What an interceptor that is no coroutine returns to end the call; one that lets it go on returns `next()`:
///
///   Task<Status> intercept(ServerCall& call, ServerNext next) override {
///     return welcome(call) ? next() : end_call(not_welcome());
///   }
Task<Status> end_call(Status status);

/// Sees the messages of one call and may replace or refuse each. Made by an interceptor, in its own frame:
///
///   Redact filter{next};           // derives from MessageFilter
///   co_return co_await next();     // unlinked when the interceptor returns
///
/// Requests pass through the filters from the outermost interceptor to the innermost, responses the other
/// way. Bytes are a message's without its gRPC prefix, decompressed. An error ends the call with it.
class MessageFilter {
 public:
  MessageFilter(const MessageFilter&) = delete;
  MessageFilter& operator=(const MessageFilter&) = delete;

  /// A request message, before the handler gets it.
  virtual Result<Buffer> on_request(Buffer message) { return message; }
  /// A response message, before it is compressed and sent.
  virtual Result<Buffer> on_response(Buffer message) { return message; }

 protected:
  explicit MessageFilter(const ServerNext& next);
  ~MessageFilter();

 private:
  detail::InterceptorChain* chain_;
};

}  // namespace parlance
