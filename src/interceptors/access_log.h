#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/status.h"
#include "interceptors/trace_context.h"
#include "rpc/server_interceptor.h"

namespace parlance::interceptors {

/// What the access log knows of a call that has ended. No payload, no credentials and none of a status's
/// text, which may hold either.
struct CallRecord {
  std::string method;  // "/inference.InferenceService/Predict"
  std::string peer;    // "ipv4:127.0.0.1:40000"
  StatusCode code = StatusCode::kOk;
  std::string reason;  // of the status's ErrorInfo; empty when it has none
  /// From the request's headers to the end.
  Duration duration{};
  /// What the deadline left at the end; nothing when there was none.
  std::optional<Duration> time_left;
  Trace trace;
  /// The request's `x-client-id`, at most 128 bytes of it; nobody has proved it.
  std::string client_id;
  /// Of the Caller that an interceptor further in put on the call; empty when there is none.
  std::string subject;
  std::uint64_t request_messages = 0;
  std::uint64_t request_bytes = 0;  // of the messages, decompressed
  std::uint64_t response_messages = 0;
  std::uint64_t response_bytes = 0;
};

/// A record of every call, and the ids that join it to what other servers log.
///
/// The caller gets `x-trace-id` back in the initial metadata. Client calls made for the call carry the trace
/// on
/// (`call.propagated_metadata()`). Put it outermost: then it sees what the other interceptors refuse, too.
class AccessLog final : public ServerInterceptor {
 public:
  /// Called at the end of each call, on its loop: it must be quick and may be called on many threads at once.
  using Sink = std::function<void(const CallRecord&)>;

  explicit AccessLog(Sink sink) : sink_(std::move(sink)) {}
  Task<Status> intercept(ServerCall& call, ServerNext next) override;

 private:
  const Sink sink_;
};

}  // namespace parlance::interceptors
