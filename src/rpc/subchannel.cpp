#include "rpc/subchannel.h"

#include <algorithm>

#include "net/tls_stream.h"
#include "rpc/channel_core.h"
#include "rpc/channelz_registry.h"
#include "rpc/client_errors.h"
#include "rpc/client_stream.h"
#include "rpc/loop_channel.h"

namespace parlance::detail {
namespace {

using Connections = std::vector<std::unique_ptr<ClientConnection>>;

// Takes the connection out of the list; null when it is not there.
std::unique_ptr<ClientConnection> take_out(Connections& connections, const ClientConnection& connection) {
  const auto found = std::ranges::find(connections, &connection, &std::unique_ptr<ClientConnection>::get);
  if (found == connections.end()) return nullptr;
  std::unique_ptr<ClientConnection> taken = std::move(*found);
  connections.erase(found);
  return taken;
}

}  // namespace

Subchannel::Subchannel(LoopChannel& channel, balancing::BackendId id, const net::Endpoint& endpoint)
    : channel_(channel),
      id_(id),
      channelz_id_(ChannelzRegistry::new_id()),
      endpoint_(endpoint),
      address_(endpoint.to_string()),
      trace_(Clock::now()),
      backoff_(channel.config().options.initial_backoff, channel.config().options.max_backoff) {}

Subchannel::~Subchannel() {
  channel_.loop().disarm(pause_);
  channel_.loop().disarm(greeting_limit_);
  while (ClientStream* attempt = waiting_.pop())
    attempt->fail(channel_closed(channel_.config().target), false);
}

void Subchannel::connect() {
  if (state_ != Connectivity::kIdle) return;
  enter(Connectivity::kConnecting, {});
  channel_.on_connecting(*this);
  if (arriving_ == nullptr && attempt_ == nullptr) dial();
}

void Subchannel::dial() {
  auto on_done = [this](net::ConnectAttempt::Result result) { on_dialled(std::move(result)); };
  attempt_ = channel_.config().connector().connect(channel_.loop(), endpoint_,
                                                   channel_.config().options.connect_timeout, on_done);
}

void Subchannel::on_dialled(net::ConnectAttempt::Result result) {
  attempt_.reset();
  if (!result) return on_failed(connect_failed(channel_.config(), address_, result.error()));
  arriving_ = std::make_unique<ClientConnection>(channel_.loop(), channel_.shared_config(),
                                                 channel_.keepalive(), secured(*std::move(result)), *this);
  channel_.loop().arm(greeting_limit_, channel_.loop().now() + channel_.config().options.connect_timeout);
}

std::unique_ptr<net::ByteStream> Subchannel::secured(std::unique_ptr<net::ByteStream> stream) const {
  const ChannelConfig& config = channel_.config();
  if (config.tls == nullptr) return stream;
  return std::make_unique<net::TlsStream>(std::move(stream), config.tls->new_client_session(config.host()));
}

void Subchannel::on_greeted(ClientConnection&) {
  channel_.loop().disarm(greeting_limit_);
  backoff_.reset();
  connections_.push_back(std::move(arriving_));
  if (connections_.size() == 1) ready();
}

void Subchannel::ready() {
  if (!channel_.watches_servers()) return set_state(Connectivity::kReady);
  watch_server();
  if (!channel_.service_config().health_check_service()) set_state(Connectivity::kReady);
}

void Subchannel::watch_server() {
  server_watch_ = std::make_unique<ServerWatch>(*connections_.front(), channel_.watch_options(), *this);
}

void Subchannel::on_health(bool serving, const std::string& why) {
  if (serving) return set_state(Connectivity::kReady);
  channel_.take_back(waiting_);
  set_state(Connectivity::kTransientFailure, not_serving(channel_.config(), address_, why));
}

void Subchannel::on_load_report(const balancing::LoadReport& report) {
  channel_.policy().on_load_report(id_, report, /*out_of_band=*/true);
}

void Subchannel::on_failed(const Status& why) {
  next_dial_at_ = channel_.loop().now() + backoff_.next();
  if (!connections_.empty()) return;  // it was only one more
  channel_.loop().arm(pause_, next_dial_at_);
  set_state(Connectivity::kTransientFailure, why);
}

void Subchannel::on_room(ClientConnection& connection) {
  while (!waiting_.empty() && connection.takes_calls()) waiting_.pop()->open_on(connection);
  if (!waiting_.empty()) dial_for_more();
}

// One at a time: those that wait may find room on it.
void Subchannel::dial_for_more() {
  const bool may_dial = state_ == Connectivity::kReady && attempt_ == nullptr && arriving_ == nullptr &&
                        connections_.size() < channel_.service_config().max_connections_per_backend() &&
                        channel_.loop().now() >= next_dial_at_;
  if (may_dial) dial();
}

void Subchannel::take(ClientStream& attempt) {
  if (waiting_.empty()) {
    for (const auto& connection : connections_) {
      if (connection->takes_calls()) return attempt.open_on(*connection);
    }
  }
  waiting_.push(attempt);
  dial_for_more();
}

void Subchannel::on_told_to_go(ClientConnection& connection, bool too_many_pings) {
  if (too_many_pings) channel_.ping_less_often();
  trace_.add("GOAWAY " + std::string{http2::to_string(*connection.goaway())} + " from " + address_,
             channel_.loop().now(), /*is_warning=*/too_many_pings);
  std::unique_ptr<ClientConnection> leaving = take_out(connections_, connection);
  if (leaving == nullptr) return;
  leaving_.push_back(std::move(leaving));
  on_fewer(connection);
}

void Subchannel::on_gone(ClientConnection& connection, std::string_view reason) {
  if (arriving_.get() == &connection) {
    channel_.loop().disarm(greeting_limit_);
    const Status why = connection.why_not_greeted(address_, reason);
    arriving_.reset();
    return on_failed(why);
  }
  earlier_attempts_.add(connection.attempts());
  take_out(leaving_, connection);
  const std::unique_ptr<ClientConnection> lost = take_out(connections_, connection);
  if (lost != nullptr) on_fewer(connection);
  if (is_empty()) channel_.on_emptied();
}

void Subchannel::on_fewer(const ClientConnection& gone) {
  if (connections_.empty()) return on_lost();
  if (server_watch_ != nullptr && server_watch_->is_on(gone)) watch_server();
}

// Calls that have been given to this backend but no stream choose anew.
void Subchannel::on_lost() {
  server_watch_.reset();
  channel_.take_back(waiting_);
  if (attempt_ == nullptr && arriving_ == nullptr) return set_state(Connectivity::kIdle);
  set_state(Connectivity::kConnecting);
}

void Subchannel::release() {
  attempt_.reset();
  channel_.loop().disarm(pause_);
  channel_.loop().disarm(greeting_limit_);
  enter(Connectivity::kIdle, {});
  server_watch_.reset();
  channel_.take_back(waiting_);
  arriving_.reset();
  for (auto& connection : connections_) {
    connection->finish();
    leaving_.push_back(std::move(connection));
  }
  connections_.clear();
}

void Subchannel::enter(Connectivity state, const Status& why) {
  if (std::exchange(state_, state) == state) return;
  std::string text{name_of(state)};
  if (!why.ok()) text.append(": ").append(why.message());
  trace_.add(std::move(text), channel_.loop().now(), /*is_warning=*/!why.ok());
}

ChannelzSubchannel Subchannel::describe() const {
  ChannelzSubchannel told{.ref = {channelz_id_, address_},
                          .state = state_,
                          .attempts = earlier_attempts_,
                          .trace = trace_,
                          .sockets = {}};
  for (const Connections* connections : {&connections_, &leaving_}) {
    for (const auto& connection : *connections) {
      told.attempts.add(connection->attempts());
      told.sockets.push_back({connection->channelz_id(), connection->peer()});
    }
  }
  return told;
}

std::optional<ChannelzSocket> Subchannel::describe_socket(std::int64_t id) const {
  for (const Connections* connections : {&connections_, &leaving_}) {
    for (const auto& connection : *connections) {
      if (connection->channelz_id() == id) return connection->describe();
    }
  }
  return std::nullopt;
}

void Subchannel::set_state(Connectivity state, const Status& why) {
  enter(state, why);
  channel_.on_state(*this, why);
}

}  // namespace parlance::detail
