#pragma once

#include <string_view>

#include "edge/http_limits.h"
#include "edge/http_message.h"
#include "edge/http_routes.h"
#include "rpc/server.h"

namespace parlance::edge {

/// What a front answers with, and within which limits. All outlive its calls.
struct HttpService {
  const HttpRoutes& routes;
  const HttpLimits& limits;
  const ServerOptions& options;  // interceptors, deadlines, log
};

/// The wire side of a call: an HTTP/1.1 connection, or a stream of HTTP/2. What is sent leaves at the end of
/// the loop's turn.
class HttpOutput {
 public:
  /// "ipv4:127.0.0.1:40000"; empty when the client has gone.
  virtual std::string_view peer() const = 0;
  /// The whole answer. This, or send_head().
  virtual void send(const HttpResponse& response) = 0;
  /// Of an answer whose body comes in pieces (`head.body` is not looked at).
  virtual void send_head(const HttpResponse& head) = 0;
  virtual void send_body(std::string_view text) = 0;
  /// Not `whole`: the client is to see that something is missing.
  virtual void end_body(bool whole) = 0;
  /// So much is queued that a producer should wait; HttpCall::on_sent() follows when it is not any more.
  virtual bool is_full() const = 0;
  virtual void tell_when_sent() = 0;
  /// The call has ended: what it had to say is said, neither a handler nor an interceptor runs. Once; the
  /// call may be destroyed in a later turn.
  virtual void on_call_over() = 0;

 protected:
  ~HttpOutput() = default;
};

}  // namespace parlance::edge
