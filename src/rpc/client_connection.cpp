#include "rpc/client_connection.h"

#include "rpc/channel_core.h"
#include "rpc/channelz_registry.h"
#include "rpc/client_errors.h"

namespace parlance::detail {
namespace {

constexpr std::uint64_t kKeepalivePing = 0x6b656570616c6976;  // "keepaliv"; other values would do
// How a gRPC server says that the client pings too often (gRPC A8).
constexpr std::string_view kTooManyPings = "too_many_pings";

}  // namespace

ClientConnection::ClientConnection(net::Loop& loop, std::shared_ptr<const ChannelConfig> config,
                                   const KeepaliveOptions& keepalive, std::unique_ptr<net::ByteStream> stream,
                                   Owner& owner)
    : loop_(loop),
      config_(std::move(config)),
      owner_(owner),
      channelz_id_(ChannelzRegistry::new_id()),
      keepalive_(keepalive),
      transport_(loop, std::move(stream), http2::Role::kClient, config_->options.http2, *this, *this),
      responses_(transport_.peer().to_peer_string()) {
  tend_keepalive();
}

ClientConnection::~ClientConnection() { loop_.disarm(*this); }

ChannelzSocket ClientConnection::describe() {
  ChannelzSocket socket{.ref = {channelz_id_, peer()},
                        .figures = figures_,
                        .is_client = true,
                        .local = transport_.local(),
                        .remote = transport_.peer(),
                        .cipher = transport_.cipher(),
                        .send_window_bytes = http2().send_window_bytes(),
                        .receive_window_bytes = http2().receive_window_bytes(),
                        .peer_max_concurrent_streams = http2().peer_max_concurrent_streams(),
                        .received_goaway = {}};
  if (goaway_) socket.received_goaway = static_cast<std::uint32_t>(*goaway_);
  return socket;
}

void ClientConnection::finish() {
  http2().shutdown(http2::ErrorCode::kNoError);
  flush();
}

void ClientConnection::on_settings() {
  if (!std::exchange(greeted_, true)) owner_.on_greeted(*this);
  owner_.on_room(*this);
}

// The step after this one comes by the timer.
void ClientConnection::tend_keepalive() {
  const auto [step, again_at] =
      keepalive_.decide(loop_.now(), transport_.last_received(), http2().open_streams() > 0);
  if (step == Keepalive::Step::kGiveUp) {
    is_silent_ = true;
    return close("the server did not answer a PING (ChannelOptions::keepalive)");
  }
  if (step == Keepalive::Step::kPing) {
    http2().ping(kKeepalivePing);
    ++figures_.keepalives_sent;
    flush();
  }
  if (again_at != TimePoint::max()) loop_.arm(*this, again_at);
}

Status ClientConnection::why_lost(const http2::StreamEnd& end) const {
  if (is_silent_) return keepalive_timeout(config_->options.keepalive.timeout);
  const http2::ErrorCode goaway = goaway_.value_or(http2::ErrorCode::kNoError);
  if (goaway == http2::ErrorCode::kEnhanceYourCalm && goaway_words_ == kTooManyPings) {
    return too_many_pings();
  }
  if (goaway != http2::ErrorCode::kNoError) return goaway_error(goaway, goaway_words_);
  if (end.code != http2::ErrorCode::kCancel) return http2_violation(end.code, end.reason);
  return connection_lost(end.reason);
}

Status ClientConnection::why_reset(const http2::StreamEnd& end) const {
  if (end.code == http2::ErrorCode::kEnhanceYourCalm) {
    return response_headers_too_large(config_->options.http2.max_header_list_bytes);
  }
  return http2_violation(end.code, end.reason);
}

Status ClientConnection::why_not_greeted(const std::string& address, std::string_view reason) {
  if (is_mute_) return no_http2_settings(*config_, address);
  if (transport_.error() == std::errc::protocol_error) {
    return tls_handshake_failed(*config_, address, reason);
  }
  if (const auto& error = http2().error(); error && error->by == http2::EndedBy::kLocal) {
    return not_http2(*config_, address, error->code);
  }
  return closed_before_settings(*config_, address, reason);
}

void ClientConnection::give_up_on_greeting() {
  is_mute_ = true;
  close("the server sent no HTTP/2 SETTINGS");
}

void ClientConnection::on_goaway(http2::StreamId, http2::ErrorCode code, std::string_view debug_data) {
  goaway_ = code;
  goaway_words_ = debug_data;
  owner_.on_told_to_go(*this, code == http2::ErrorCode::kEnhanceYourCalm && debug_data == kTooManyPings);
}

}  // namespace parlance::detail
