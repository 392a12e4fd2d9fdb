#include "rpc/server_connection.h"

#include <algorithm>
#include <random>

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/status_wire.h"
#include "net/random.h"
#include "rpc/channelz_registry.h"
#include "rpc/server_errors.h"

namespace parlance::detail {
namespace {

// Tell the PING behind the first GOAWAY from that of keepalive; other values would do.
constexpr std::uint64_t kShutdownPing = 0x7061726c616e6365;   // "parlance"
constexpr std::uint64_t kKeepalivePing = 0x6b656570616c6976;  // "keepaliv"
constexpr std::string_view kShuttingDown = "the server is shutting down";
// What grpc clients look for, to the letter (gRPC A8).
constexpr std::string_view kTooManyPings = "too_many_pings";
// Connections opened together shall not end together (gRPC A9).
constexpr double kAgeJitter = 0.1;

// The engine's own limits of its output and of a block of it.
constexpr std::size_t kMostOutputBytes = 128 * 1024;
constexpr std::size_t kFirstBlockBytes = 16 * 1024;
// How often calls that hold their senders back are looked at, and how long they may.
constexpr std::chrono::milliseconds kHeldBackInterval{50};
constexpr std::chrono::seconds kHeldBackPatience{10};

TimePoint old_at(TimePoint now, Duration max_age) {
  if (max_age == Duration::zero()) return TimePoint::max();
  const double factor = std::uniform_real_distribution{1 - kAgeJitter, 1 + kAgeJitter}(net::thread_random());
  return now + std::chrono::duration_cast<Duration>(max_age * factor);
}

}  // namespace

ServerConnection::ServerConnection(ServerLoop& owner, std::unique_ptr<net::ByteStream> stream)
    : owner_(owner),
      channelz_id_(ChannelzRegistry::new_id()),
      limit_bytes_(owner.options().connection_memory_bytes == 0 ? MemoryBudget::kUnlimited
                                                                : owner.options().connection_memory_bytes),
      memory_(owner.memory(), kConnectionMemoryBytes),
      keepalive_(owner.options().keepalive),
      strikes_(owner.options().ping_policy),
      idle_since_(owner.loop().now()),
      old_at_(old_at(idle_since_, owner.options().max_connection_age)),
      ended_at_(TimePoint::max()),
      transport_(owner.loop(), std::move(stream), http2::Role::kServer, owner.options().http2, *this, *this),
      peer_(transport_.peer().to_peer_string()) {
  tend();
}

ServerConnection::~ServerConnection() { owner_.loop().disarm(*this); }

std::size_t ServerConnection::held_bytes() const {
  const http2::Connection& http2 = transport_.connection();
  return kConnectionMemoryBytes + http2.open_streams() * kCallMemoryBytes + unread_bytes_ +
         http2.send_memory_bytes();
}

Status ServerConnection::limit_reached() const {
  return memory_limit("the connection", limit_bytes_, held_bytes(), "ServerOptions::connection_memory_bytes");
}

double ServerConnection::memory_share() const {
  const double share = owner_.memory().share();
  if (limit_bytes_ == MemoryBudget::kUnlimited) return share;
  return std::min(share, share_for_producers(held_bytes(), limit_bytes_));
}

std::size_t ServerConnection::send_high_water_bytes() const {
  return static_cast<std::size_t>(static_cast<double>(owner_.options().send_high_water_bytes) *
                                  memory_share());
}

void ServerConnection::adapt_output() {
  const double share = memory_share();
  if (share == output_share_) return;
  output_share_ = share;
  http2().set_output_target(static_cast<std::size_t>(kMostOutputBytes * share));
}

// The first block of output is in what every connection is charged with. What makes a connection hold much
// beyond the limit is answers to one who asks and does not read.
void ServerConnection::settle_memory() {
  const std::size_t send_bytes = http2().send_memory_bytes();
  const std::size_t held = kConnectionMemoryBytes + send_bytes - std::min(send_bytes, kFirstBlockBytes);
  if (held == memory_.size_bytes()) return;
  memory_.set(held);
  if (held > kMostOutputBytes * 2 && owner_.memory().is_over()) {
    close("the server's memory limit is reached (ServerOptions::memory_bytes)");
  }
}

const MethodBinding* ServerConnection::route(const http2::HeaderField& path) {
  if (path.entry_id == 0) return owner_.routes().find(path.value);
  RememberedRoute& remembered = remembered_[path.entry_id % remembered_.size()];
  if (remembered.entry_id != path.entry_id) {
    remembered = {path.entry_id, owner_.routes().find(path.value)};
  }
  return remembered.method;
}

const SharedRequestHead& ServerConnection::request_head(http2::HeaderFields fields) {
  const std::uint64_t section_id = http2().section_id();
  RememberedHead& remembered = heads_[section_id % heads_.size()];
  if (remembered.section_id != section_id) remembered = {section_id, read_request_head(fields, *this)};
  return remembered.head;
}

http2::StreamObserver* ServerConnection::on_request(http2::StreamId stream, http2::HeaderFields fields,
                                                    bool end_stream) {
  const SharedRequestHead& head = request_head(fields);
  if (head->plain_http && owner_.front() != nullptr) {
    if (auto* taken = owner_.front()->take_request(*this, stream, fields, end_stream)) return taken;
  }
  figures_.streams.start(owner_.loop().now());
  return ServerStream::accept(*this, stream, head, end_stream);
}

ChannelzSocket ServerConnection::describe() {
  return {.ref = {channelz_id_, peer_},
          .figures = figures_,
          .local = transport_.local(),
          .remote = transport_.peer(),
          .cipher = transport_.cipher(),
          .send_window_bytes = http2().send_window_bytes(),
          .receive_window_bytes = http2().receive_window_bytes(),
          .peer_max_concurrent_streams = http2().peer_max_concurrent_streams(),
          .received_goaway = {}};
}

http2::HeaderFields ServerConnection::answer_to_oversized_request() {
  if (oversized_answer_ != nullptr) return oversized_answer_->fields();
  const ServerOptions& options = owner_.options();
  const Status status = request_headers_too_large(options.http2.max_header_list_bytes);
  oversized_answer_ = std::make_unique<grpc::HeaderList>();
  oversized_answer_->add(":status", "431", http2::HeaderToken::kStatus);
  oversized_answer_->add("content-type", grpc::kContentType, http2::HeaderToken::kContentType);
  const bool explain = options.explain_errors;
  grpc::append_status(explain ? status : grpc::without_explanation(status), *oversized_answer_);
  oversized_answer_->add("grpc-retry-pushback-ms", "-1");
  return oversized_answer_->fields();
}

void ServerConnection::begin_shutdown(std::string_view why) {
  if (std::exchange(shutting_down_, true)) return;
  shutdown_reason_ = why;
  http2().announce_shutdown(why);
  http2().ping(kShutdownPing);
  flush();
}

void ServerConnection::on_ping() {
  if (strikes_.on_ping(owner_.loop().now(), http2().payload_frames_sent())) return;
  const auto interval = std::chrono::duration<double>{owner_.options().ping_policy.min_interval};
  owner_.log(LogLevel::kWarning, peer_ + " pings more often than every " + std::to_string(interval.count()) +
                                     " s (ServerOptions::ping_policy); its connection is ended");
  owner_.trace().add("GOAWAY too_many_pings to " + peer_, owner_.loop().now(), /*is_warning=*/true);
  http2().shutdown(http2::ErrorCode::kEnhanceYourCalm, kTooManyPings);
}

void ServerConnection::on_stream_count(std::size_t open_streams) {
  if (open_streams == 0) idle_since_ = owner_.loop().now();
}

// Whatever is due of the connection's life, then the next time to look.
void ServerConnection::tend() {
  const TimePoint next = std::min({tend_keepalive(), tend_age(), tend_idleness()});
  if (next != TimePoint::max()) owner_.loop().arm(*this, next);
}

TimePoint ServerConnection::tend_keepalive() {
  const auto [step, again_at] =
      keepalive_.decide(owner_.loop().now(), transport_.last_received(), http2().open_streams() > 0);
  if (step == Keepalive::Step::kPing) {
    http2().ping(kKeepalivePing);
    ++figures_.keepalives_sent;
    transport_.flush();
  } else if (step == Keepalive::Step::kGiveUp) {
    close("the client did not answer a PING (ServerOptions::keepalive)");
    return TimePoint::max();
  }
  return again_at;
}

TimePoint ServerConnection::tend_age() {
  const TimePoint now = owner_.loop().now();
  if (now >= ended_at_) {
    close("the connection's calls outlasted max_connection_age_grace");
    return TimePoint::max();
  }
  if (now < old_at_) return old_at_;
  if (ended_at_ == TimePoint::max() && !shutting_down_) {
    begin_shutdown("max_age");
    const Duration grace = owner_.options().max_connection_age_grace;
    if (grace > Duration::zero()) ended_at_ = now + grace;
  }
  return ended_at_;
}

TimePoint ServerConnection::tend_idleness() {
  const Duration limit = owner_.options().max_connection_idle;
  if (limit == Duration::zero() || shutting_down_) return TimePoint::max();
  const TimePoint now = owner_.loop().now();
  if (http2().open_streams() > 0) return now + limit;
  if (now < idle_since_ + limit) return idle_since_ + limit;
  begin_shutdown("max_idle");
  return TimePoint::max();
}

void ServerConnection::on_ping_ack(std::uint64_t opaque) {
  if (!shutting_down_ || opaque != kShutdownPing) return;
  http2().shutdown(http2::ErrorCode::kNoError, shutdown_reason_);
  flush();
}

void ServerConnection::on_transport_closed(std::string_view) { owner_.remove(*this); }

void ServerLoop::add_connection(std::unique_ptr<net::ByteStream> stream) {
  if (shutting_down_) return;
  if (!memory_.reserve(kConnectionMemoryBytes)) {
    if (memory_.may_log(loop_.now())) {
      log(LogLevel::kWarning,
          "a new connection is closed: " + std::string{memory_.limit_reached().message()});
    }
    return;
  }
  connections_.push_back(std::make_unique<ServerConnection>(*this, std::move(stream)));
  connections_.back()->index_ = connections_.size() - 1;
}

void ServerLoop::remove(ServerConnection& connection) {
  const std::size_t index = connection.index_;
  const std::unique_ptr<ServerConnection> gone = std::move(connections_[index]);
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index_ = index;
  }
  connections_.pop_back();
  check_empty();
}

void ServerLoop::add(ServerStream& call) {
  call.index_ = calls_.size();
  calls_.push_back(&call);
}

void ServerLoop::remove(ServerStream& call) {
  favour_nobody(call);
  calls_[call.index_] = calls_.back();
  calls_[call.index_]->index_ = call.index_;
  calls_.pop_back();
  check_empty();
}

bool ServerLoop::shed_slowest(const ServerStream& than, std::size_t size_bytes) {
  ServerStream* slowest = nullptr;
  std::size_t most_bytes = size_bytes;
  for (ServerStream* call : calls_) {
    if (call == &than || call->queued_memory_bytes() <= most_bytes) continue;
    slowest = call;
    most_bytes = call->queued_memory_bytes();
  }
  if (slowest == nullptr) return false;
  slowest->shed(memory_.limit_reached());
  return true;
}

void ServerLoop::watch_held_back() {
  if (!armed()) loop_.arm(*this, loop_.now() + kHeldBackInterval);
}

void ServerLoop::on_timer() {
  const std::vector<ServerStream*> calls = calls_;
  for (ServerStream* call : calls) call->tend_held_back(kHeldBackPatience);
  if (std::ranges::any_of(calls_, &ServerStream::is_held_back)) watch_held_back();
}

void ServerLoop::begin_shutdown(std::function<void()> on_empty) {
  on_empty_ = std::move(on_empty);
  trace_.add("draining", loop_.now());
  shutting_down_ = true;
  for (const auto& connection : connections_) connection->begin_shutdown(kShuttingDown);
  check_empty();
}

ChannelzServerPart ServerLoop::describe() const {
  ChannelzServerPart part{.calls = figures_, .trace = trace_, .sockets = {}};
  for (const auto& connection : connections_) {
    part.sockets.push_back({connection->channelz_id(), connection->peer()});
  }
  return part;
}

std::optional<ChannelzSocket> ServerLoop::describe_socket(std::int64_t id) const {
  for (const auto& connection : connections_) {
    if (connection->channelz_id() == id) return connection->describe();
  }
  return std::nullopt;
}

void ServerLoop::end_calls() {
  const Status ending = server_shutdown(options().shutdown_grace);
  const std::vector<ServerStream*> calls = calls_;
  for (ServerStream* call : calls) call->abort(ending);
  for (const auto& connection : connections_) {
    connection->http2().shutdown(http2::ErrorCode::kNoError, kShuttingDown);
    connection->flush();
  }
}

void ServerLoop::close_connections() {
  for (const auto& connection : connections_) connection->close("the server has shut down");
}

void ServerLoop::check_empty() {
  if (!shutting_down_ || !connections_.empty() || !calls_.empty() || !on_empty_) return;
  const auto on_empty = std::exchange(on_empty_, nullptr);
  on_empty();
}

}  // namespace parlance::detail
