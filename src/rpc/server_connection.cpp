#include "rpc/server_connection.h"

#include "grpc/error_details.h"

namespace parlance::detail {
namespace {

// Marks the PING behind the first GOAWAY; any other value would do.
constexpr std::uint64_t kShutdownPing = 0x7061726c616e6365;  // "parlance"

}  // namespace

ServerConnection::ServerConnection(ServerLoop& owner, std::unique_ptr<net::ByteStream> stream)
    : owner_(owner),
      transport_(owner.loop(), std::move(stream), http2::Role::kServer, owner.options().http2, *this, *this),
      peer_(transport_.peer().to_peer_string()) {}

const MethodBinding* ServerConnection::route(const http2::HeaderField& path) {
  if (path.entry_id == 0) return owner_.routes().find(path.value);
  RememberedRoute& remembered = remembered_[path.entry_id % remembered_.size()];
  if (remembered.entry_id != path.entry_id) {
    remembered = {path.entry_id, owner_.routes().find(path.value)};
  }
  return remembered.method;
}

http2::StreamObserver* ServerConnection::on_request(http2::StreamId stream, http2::HeaderFields fields,
                                                    bool end_stream) {
  return ServerStream::accept(*this, stream, fields, end_stream);
}

void ServerConnection::begin_shutdown() {
  if (std::exchange(shutting_down_, true)) return;
  http2().announce_shutdown("the server is shutting down");
  http2().ping(kShutdownPing);
  flush();
}

void ServerConnection::on_ping_ack(std::uint64_t opaque) {
  if (!shutting_down_ || opaque != kShutdownPing) return;
  http2().shutdown(http2::ErrorCode::kNoError, "the server is shutting down");
  flush();
}

void ServerConnection::on_transport_closed(std::string_view) { owner_.remove(*this); }

void ServerLoop::add_connection(std::unique_ptr<net::ByteStream> stream) {
  if (shutting_down_) return;
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
  calls_[call.index_] = calls_.back();
  calls_[call.index_]->index_ = call.index_;
  calls_.pop_back();
  check_empty();
}

void ServerLoop::begin_shutdown(std::function<void()> on_empty) {
  on_empty_ = std::move(on_empty);
  shutting_down_ = true;
  for (const auto& connection : connections_) connection->begin_shutdown();
  check_empty();
}

void ServerLoop::end_calls() {
  const Status ending = grpc::make_error(StatusCode::kUnavailable, "SERVER_SHUTDOWN",
                                         "the server shut down before the call was complete",
                                         {{"knob", "ServerOptions::shutdown_grace"}});
  const std::vector<ServerStream*> calls = calls_;
  for (ServerStream* call : calls) call->abort(ending);
  for (const auto& connection : connections_) {
    connection->http2().shutdown(http2::ErrorCode::kNoError, "the server is shutting down");
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
