#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "http2/error_code.h"
#include "http2/observer.h"

namespace parlance::detail {

struct ChannelConfig;

// What a client's call ends with that its server does not decide. Each has hop `client`.

/// `status` says what is wrong with an answer: where it was found.
Status at_client(const Status& status);

/// Whose wish the deadline was that a call has.
enum class DeadlineSource : std::uint8_t { kCaller, kParent, kServiceConfig };

/// `waited_for`: what had not come yet ("an answer").
Status deadline_passed(DeadlineSource source, Duration given, std::string_view waited_for);
/// The deadline was over before the call began: nothing was sent.
Status deadline_before_start();
Status cancelled_by_caller();
/// The server call that it was made for has ended.
Status parent_cancelled();
Status channel_closed(const std::string& target);

/// `by_method`: the limit is that of the service config, not the channel's.
Status request_too_large(std::size_t size_bytes, std::size_t limit_bytes, bool by_method);
Status response_missing();
Status response_not_single();

Status not_grpc(std::string_view content_type);
Status unsupported_response_encoding(std::string_view encoding);
Status response_headers_too_large(std::size_t limit_bytes);

/// What the server sent breaks HTTP/2.
Status http2_violation(http2::ErrorCode code, std::string_view rule);
/// A stream that both sides ended, without a grpc-status.
Status missing_trailers();
/// A stream that the server's GOAWAY left out.
Status goaway_unprocessed();
/// GOAWAY with an error code, and the connection's end.
Status goaway_error(http2::ErrorCode code, std::string_view debug_data);
Status too_many_pings();
Status keepalive_timeout(Duration timeout);
Status connection_lost(std::string_view why);

/// No connection to `address` of the channel: nobody takes it,
Status connect_failed(const ChannelConfig& config, const std::string& address, std::string_view why);
/// or TLS does not come about,
Status tls_handshake_failed(const ChannelConfig& config, const std::string& address, std::string_view why);
/// or the server says nothing,
Status no_http2_settings(const ChannelConfig& config, const std::string& address);
/// or something other than HTTP/2,
Status not_http2(const ChannelConfig& config, const std::string& address, http2::ErrorCode code);
/// or closes without a word.
Status closed_before_settings(const ChannelConfig& config, const std::string& address, std::string_view why);
/// The server's health is not SERVING.
Status not_serving(const ChannelConfig& config, const std::string& address, std::string_view why);
Status name_resolution_failed(const ChannelConfig& config, std::string_view why);

}  // namespace parlance::detail
