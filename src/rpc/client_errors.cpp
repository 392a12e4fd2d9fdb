#include "rpc/client_errors.h"

#include <chrono>

#include "base/concat.h"
#include "grpc/compression.h"
#include "grpc/error_details.h"
#include "grpc/status_wire.h"
#include "rpc/channel_core.h"

namespace parlance::detail {
namespace {

constexpr std::string_view kKeepalive = "ChannelOptions::keepalive";

std::string milliseconds(Duration time) {
  return concat(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

std::string_view deadline_reason(DeadlineSource source) {
  switch (source) {
    case DeadlineSource::kParent:
      return "INHERITED_DEADLINE_EXCEEDED";
    case DeadlineSource::kServiceConfig:
      return "METHOD_TIMEOUT_EXCEEDED";
    case DeadlineSource::kCaller:
      break;
  }
  return "DEADLINE_EXCEEDED";
}

std::string_view deadline_knob(DeadlineSource source) {
  switch (source) {
    case DeadlineSource::kParent:
      return "CallOptions::detached";
    case DeadlineSource::kServiceConfig:
      return "timeout of the service config";
    case DeadlineSource::kCaller:
      break;
  }
  return "CallOptions::timeout";
}

// "localhost:1 at 127.0.0.1:1"
std::string place(const ChannelConfig& config, const std::string& address) {
  return config.target == address ? address : config.target + " at " + address;
}

Status unreachable(const ChannelConfig& config, const std::string& address, std::string_view reason,
                   std::string_view why, grpc::ErrorMetadata more) {
  const Status status = grpc::make_error(StatusCode::kUnavailable, reason,
                                         concat("cannot connect to ", place(config, address), ": ", why),
                                         {{"hop", "client"}, {"target", config.target}});
  return grpc::explain_more(status, more);
}

}  // namespace

Status at_client(const Status& status) {
  return status.ok() ? status : grpc::explain_more(status, {{"hop", "client"}});
}

Status deadline_passed(DeadlineSource source, Duration given, std::string_view waited_for) {
  return grpc::make_error(
      StatusCode::kDeadlineExceeded, deadline_reason(source),
      concat("the deadline passed before the call was complete; it waited for ", waited_for),
      {{"hop", "client"},
       {"limit", milliseconds(given)},
       {"observed", std::string{waited_for}},
       {"knob", std::string{deadline_knob(source)}}});
}

Status deadline_before_start() {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_BEFORE_START",
                          "the deadline had passed before the call began",
                          {{"hop", "client"}, {"knob", "CallOptions::deadline"}});
}

Status cancelled_by_caller() {
  return grpc::make_error(StatusCode::kCancelled, "CANCELLED_BY_CALLER", "the caller cancelled the call",
                          {{"hop", "client"}});
}

Status parent_cancelled() {
  return grpc::make_error(StatusCode::kCancelled, "PARENT_CANCELLED",
                          "the server call that this call was made for has ended",
                          {{"hop", "client"}, {"knob", "CallOptions::detached"}});
}

Status channel_closed(const std::string& target) {
  return grpc::make_error(StatusCode::kUnavailable, "CHANNEL_CLOSED",
                          "the channel to " + target + " was closed",
                          {{"hop", "client"}, {"target", target}});
}

Status request_too_large(std::size_t size_bytes, std::size_t limit_bytes, bool by_method) {
  return grpc::make_error(
      StatusCode::kResourceExhausted, by_method ? "METHOD_REQUEST_TOO_LARGE" : "REQUEST_TOO_LARGE",
      concat("the request message has ", size_bytes, " bytes, more than the ", limit_bytes, " that the ",
             by_method ? "method's service config allows" : "channel sends"),
      {{"hop", "client"},
       {"limit", concat(limit_bytes)},
       {"observed", concat(size_bytes)},
       {"knob", by_method ? "maxRequestMessageBytes of the service config"
                          : "ChannelOptions::max_send_message_bytes"}});
}

Status response_missing() {
  return grpc::make_error(StatusCode::kUnimplemented, "RESPONSE_MISSING",
                          "the server sent OK without a response to a unary call",
                          {{"hop", "client"}, {"limit", "1"}, {"observed", "0"}});
}

Status response_not_single() {
  return grpc::make_error(StatusCode::kUnimplemented, "RESPONSE_NOT_SINGLE",
                          "the server sent more than one response to a unary call",
                          {{"hop", "client"}, {"limit", "1"}, {"observed", "more"}});
}

Status not_grpc(std::string_view content_type) {
  return grpc::make_error(
      StatusCode::kUnknown, "NOT_GRPC",
      concat("the server answered with content-type '", content_type, "', which is not gRPC"),
      {{"hop", "client"}, {"observed", std::string{content_type}}});
}

Status unsupported_response_encoding(std::string_view encoding) {
  return grpc::make_error(StatusCode::kInternal, "UNSUPPORTED_RESPONSE_ENCODING",
                          concat("the server compresses with '", encoding, "', which it was not offered"),
                          {{"hop", "client"},
                           {"limit", std::string{grpc::kAcceptEncoding}},
                           {"observed", std::string{encoding}}});
}

Status response_headers_too_large(std::size_t limit_bytes) {
  return grpc::make_error(
      StatusCode::kResourceExhausted, "RESPONSE_HEADERS_TOO_LARGE",
      concat("the server's headers or trailers are larger than the limit of ", limit_bytes, " bytes"),
      {{"hop", "client"},
       {"http2_code", "ENHANCE_YOUR_CALM"},
       {"limit", concat(limit_bytes)},
       {"knob", "ChannelOptions::http2.max_header_list_bytes"}});
}

Status http2_violation(http2::ErrorCode code, std::string_view rule) {
  return grpc::make_error(grpc::code_from_http2(code), "HTTP2_VIOLATION",
                          concat("the server broke HTTP/2: ", rule),
                          {{"hop", "client"},
                           {"http2_code", std::string{http2::to_string(code)}},
                           {"observed", std::string{rule}}});
}

Status missing_trailers() {
  return grpc::make_error(StatusCode::kInternal, "MISSING_TRAILERS",
                          "the server closed the stream without sending a grpc-status", {{"hop", "client"}});
}

Status goaway_unprocessed() {
  return grpc::make_error(StatusCode::kUnavailable, "GOAWAY_UNPROCESSED",
                          "the server closes its connection and did not look at the call",
                          {{"hop", "client"}});
}

Status goaway_error(http2::ErrorCode code, std::string_view debug_data) {
  const std::string_view name = http2::to_string(code);
  return grpc::make_error(
      StatusCode::kUnavailable, "GOAWAY_ERROR",
      concat("the server ended the connection with ", name, debug_data.empty() ? "" : ": ", debug_data),
      {{"hop", "client"}, {"http2_code", std::string{name}}, {"observed", std::string{debug_data}}});
}

Status too_many_pings() {
  return grpc::make_error(
      StatusCode::kUnavailable, "TOO_MANY_PINGS",
      "the server ended the connection because this client pings more often than it allows",
      {{"hop", "client"}, {"http2_code", "ENHANCE_YOUR_CALM"}, {"knob", std::string{kKeepalive}}});
}

Status keepalive_timeout(Duration timeout) {
  return grpc::make_error(
      StatusCode::kUnavailable, "KEEPALIVE_TIMEOUT",
      "the connection was lost: the server did not answer a PING",
      {{"hop", "client"}, {"limit", milliseconds(timeout)}, {"knob", std::string{kKeepalive}}});
}

Status connection_lost(std::string_view why) {
  return grpc::make_error(StatusCode::kUnavailable, "CONNECTION_LOST",
                          concat("the connection was lost: ", why),
                          {{"hop", "client"}, {"observed", std::string{why}}});
}

Status connect_failed(const ChannelConfig& config, const std::string& address, std::string_view why) {
  return unreachable(config, address, "CONNECT_FAILED", why,
                     {{"observed", std::string{why}}, {"knob", "CallOptions::wait_for_ready"}});
}

Status tls_handshake_failed(const ChannelConfig& config, const std::string& address, std::string_view why) {
  return unreachable(config, address, "TLS_HANDSHAKE_FAILED", why,
                     {{"observed", std::string{why}}, {"knob", "ChannelOptions::tls"}});
}

Status no_http2_settings(const ChannelConfig& config, const std::string& address) {
  return unreachable(
      config, address, "NO_HTTP2_SETTINGS", "the server sent no HTTP/2 SETTINGS",
      {{"limit", milliseconds(config.options.connect_timeout)}, {"knob", "ChannelOptions::connect_timeout"}});
}

Status not_http2(const ChannelConfig& config, const std::string& address, http2::ErrorCode code) {
  return unreachable(config, address, "NOT_HTTP2", "what listens there does not speak HTTP/2",
                     {{"http2_code", std::string{http2::to_string(code)}}, {"observed", address}});
}

Status closed_before_settings(const ChannelConfig& config, const std::string& address, std::string_view why) {
  return unreachable(config, address, "CLOSED_BEFORE_SETTINGS",
                     concat(why, config.tls == nullptr ? "; does it want TLS?" : ""),
                     {{"observed", std::string{why}}, {"knob", "ChannelOptions::tls"}});
}

Status not_serving(const ChannelConfig& config, const std::string& address, std::string_view why) {
  return grpc::make_error(StatusCode::kUnavailable, "NOT_SERVING", concat(address, " is not healthy: ", why),
                          {{"hop", "client"},
                           {"target", config.target},
                           {"observed", std::string{why}},
                           {"knob", "healthCheckConfig of the service config"}});
}

Status name_resolution_failed(const ChannelConfig& config, std::string_view why) {
  return grpc::make_error(StatusCode::kUnavailable, "NAME_RESOLUTION_FAILED",
                          concat("cannot resolve ", config.target, ": ", why),
                          {{"hop", "client"},
                           {"target", config.target},
                           {"observed", std::string{why}},
                           {"knob", "CallOptions::wait_for_ready"}});
}

}  // namespace parlance::detail
