#include "rpc/client_transport.h"

#include <algorithm>

#include "grpc/error_details.h"
#include "net/tls_stream.h"
#include "rpc/client_stream.h"

namespace parlance::detail {
namespace {

constexpr std::uint64_t kKeepalivePing = 0x6b656570616c6976;  // "keepaliv"; other values would do
// How a gRPC server says that the client pings too often (gRPC A8).
constexpr std::string_view kTooManyPings = "too_many_pings";

}  // namespace

ClientConnection::ClientConnection(ClientTransport& owner, std::unique_ptr<net::ByteStream> stream)
    : owner_(owner),
      keepalive_(owner.keepalive_),
      transport_(owner.loop(), std::move(stream), http2::Role::kClient, owner.config().options.http2, *this,
                 *this) {
  tend_keepalive();
}

ClientConnection::~ClientConnection() { owner_.loop_.disarm(*this); }

const ChannelConfig& ClientConnection::config() const { return owner_.config(); }

void ClientConnection::on_settings() {
  if (!std::exchange(greeted_, true)) owner_.on_greeted();
  owner_.on_usable_again();
}

// The step after this one comes by the timer.
void ClientConnection::tend_keepalive() {
  const auto [step, again_at] =
      keepalive_.decide(owner_.loop_.now(), transport_.last_received(), http2().open_streams() > 0);
  if (step == Keepalive::Step::kGiveUp) {
    return close("the server did not answer a PING (ChannelOptions::keepalive)");
  }
  if (step == Keepalive::Step::kPing) {
    http2().ping(kKeepalivePing);
    flush();
  }
  if (again_at != TimePoint::max()) owner_.loop_.arm(*this, again_at);
}

void ClientConnection::on_goaway(http2::StreamId, http2::ErrorCode code, std::string_view debug_data) {
  usable_ = false;
  if (code == http2::ErrorCode::kEnhanceYourCalm && debug_data == kTooManyPings) owner_.keepalive_.time *= 2;
  owner_.on_told_to_go(*this);
}

void ClientConnection::on_stream_count(std::size_t) {
  if (!owner_.waiting_.empty()) owner_.on_usable_again();
}

void ClientConnection::on_transport_closed(std::string_view reason) {
  usable_ = false;
  owner_.on_connection_gone(*this, reason);  // destroys this
}

ClientTransport::ClientTransport(net::Loop& loop, std::shared_ptr<const ChannelConfig> config)
    : loop_(loop),
      config_(std::move(config)),
      keepalive_(config_->options.keepalive),
      backoff_(config_->options.initial_backoff, config_->options.max_backoff) {}

ClientTransport::~ClientTransport() {
  const Status closed = grpc::make_error(StatusCode::kUnavailable, "CHANNEL_CLOSED",
                                         "the channel to " + config_->target + " was closed");
  while (!waiting_.empty()) {
    ClientStream& stream = *waiting_.front();
    waiting_.pop_front();
    stream.fail(closed);
  }
}

void ClientTransport::start(ClientStream& stream) {
  if (const auto* refused = std::get_if<Status>(&config_->address)) return stream.fail(*refused);
  if (current_ != nullptr && !current_->usable()) draining_.push_back(std::move(current_));
  if (current_ != nullptr && waiting_.empty() && current_->takes_calls()) {
    return stream.open_on(*current_);
  }
  if (current_ == nullptr && attempt_ == nullptr) {
    if (loop_.now() < next_attempt_at_ && !stream.waits_for_ready()) return stream.fail(unreachable());
    connect();
  }
  waiting_.push_back(&stream);
}

void ClientTransport::forget(ClientStream& stream) { std::erase(waiting_, &stream); }

void ClientTransport::connect() {
  if (current_ != nullptr || attempt_ != nullptr) return;
  if (loop_.now() < next_attempt_at_) return loop_.arm(retry_, next_attempt_at_);
  auto on_done = [this](net::ConnectAttempt::Result result) { on_connect_done(std::move(result)); };
  const Duration timeout = config_->options.connect_timeout;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&config_->address)) {
    attempt_ = connector().connect(loop_, *endpoint, timeout, on_done);
  } else {
    attempt_ = net::connect_to_host(loop_, std::get<net::HostPort>(config_->address), timeout, on_done);
  }
}

void ClientTransport::on_connect_done(net::ConnectAttempt::Result result) {
  attempt_.reset();
  if (!result) return on_connect_failed(result.error());
  current_ = std::make_unique<ClientConnection>(*this, secured(*std::move(result)));
  loop_.arm(greeting_limit_, loop_.now() + config_->options.connect_timeout);
}

net::Connector& ClientTransport::connector() const {
  net::Connector* const given = config_->options.connector.get();
  return given == nullptr ? net::socket_connector() : *given;
}

std::unique_ptr<net::ByteStream> ClientTransport::secured(std::unique_ptr<net::ByteStream> stream) const {
  if (config_->tls == nullptr) return stream;
  return std::make_unique<net::TlsStream>(std::move(stream),
                                          config_->tls->new_client_session(config_->host()));
}

void ClientTransport::on_greeted() {
  loop_.disarm(greeting_limit_);
  backoff_.reset();
}

void ClientTransport::on_connect_failed(const std::string& why) {
  last_failure_ = why;
  next_attempt_at_ = loop_.now() + backoff_.next();
  const Status status = unreachable();
  // One at a time: whoever is told may drop other calls that wait here, or make new ones.
  const auto next_hopeless = [this] {
    return std::ranges::find_if(waiting_,
                                [](const ClientStream* stream) { return !stream->waits_for_ready(); });
  };
  for (auto found = next_hopeless(); found != waiting_.end(); found = next_hopeless()) {
    ClientStream& stream = **found;
    waiting_.erase(found);
    stream.fail(status);
  }
  if (!waiting_.empty()) connect();
}

void ClientTransport::on_usable_again() {
  while (!waiting_.empty() && current_ != nullptr && current_->takes_calls()) {
    ClientStream& stream = *waiting_.front();
    waiting_.pop_front();
    stream.open_on(*current_);
  }
}

// Calls that wait for room on a connection need another one.
void ClientTransport::on_told_to_go(ClientConnection& connection) {
  if (current_.get() != &connection || waiting_.empty()) return;
  draining_.push_back(std::move(current_));
  connect();
}

void ClientTransport::on_connection_gone(ClientConnection& connection, std::string_view reason) {
  const bool was_connecting = current_.get() == &connection && !connection.greeted();
  const std::string why{reason};
  if (current_.get() == &connection) {
    loop_.disarm(greeting_limit_);
    current_.reset();
  }
  std::erase_if(draining_, [&](const auto& draining) { return draining.get() == &connection; });
  if (was_connecting) return on_connect_failed(why);
  if (!waiting_.empty()) connect();
}

Status ClientTransport::unreachable() const {
  return grpc::make_error(StatusCode::kUnavailable, "CONNECT_FAILED",
                          "cannot connect to " + config_->target + ": " + last_failure_,
                          {{"target", config_->target}, {"knob", "wait_for_ready"}});
}

}  // namespace parlance::detail
