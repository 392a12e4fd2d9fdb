#include "raw_peers.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/assert.h"
#include "grpc/status_wire.h"

namespace parlance::faults {
namespace {

constexpr std::chrono::seconds kPatience{30};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// The engine of a client on a blocking socket, for one request.
class RawCall final : http2::ConnectionObserver, http2::StreamObserver {
 public:
  explicit RawCall(const std::string& target) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const auto port = static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)));
    const sockaddr_in address = loopback(port);
    const int connected = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    require(connected == 0, "ask_raw: nobody listens");
  }
  ~RawCall() { close(socket_); }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  RawAnswer make(const Texts& fields, std::string_view body) {
    const http2::StreamId id = connection_.open_stream(http2::test::fields_of(fields), false, *this);
    connection_.send_data(id, Buffer::copy_of(as_bytes(body)), true);
    while (!closed_ && step()) {
    }
    return answer_;
  }

 private:
  http2::StreamObserver* on_request(http2::StreamId, http2::HeaderFields, bool) override { return nullptr; }
  void on_headers(http2::HeaderFields fields, bool end_stream) override {
    answer_.http_status = grpc::http_status(fields).value_or(answer_.http_status);
    if (!end_stream) return;
    answer_.status = grpc::status_from_trailers(fields, answer_.http_status);
    answer_.trailers = grpc::Metadata::from_fields(fields).value_or(grpc::Metadata{});
  }
  void on_data(Bytes, bool) override {}
  void on_send_ready() override {}
  void on_closed(const http2::StreamEnd&) override { closed_ = true; }

  bool step() {
    std::array<iovec, 16> parts;
    while (const std::size_t count = connection_.gather(parts)) {
      for (const iovec& part : std::span{parts}.first(count)) {
        send_all(socket_, {static_cast<const char*>(part.iov_base), part.iov_len});
        connection_.wrote(part.iov_len);
      }
    }
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, std::chrono::milliseconds{kPatience}.count()) != 1) return false;
    std::array<std::byte, 65536> buffer;
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    connection_.receive(Bytes{buffer}.first(static_cast<std::size_t>(got)), Clock::now());
    return true;
  }

  const int socket_;
  http2::Connection connection_{http2::Role::kClient, http2::Limits{}, *this};
  RawAnswer answer_;
  bool closed_ = false;
};

}  // namespace

RawServer::RawServer(Script script) : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  require(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "RawServer: bind");
  require(listen(listener_, 8) == 0, "RawServer: listen");
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread{[this] { serve(); }};
}

RawServer::~RawServer() {
  thread_.request_stop();
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string RawServer::target() const { return "127.0.0.1:" + std::to_string(port_); }

void RawServer::serve() {
  while (!thread_.get_stop_token().stop_requested()) {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    converse(peer);
    close(peer);
  }
}

// Until the peer or the test ends it.
void RawServer::converse(int peer) const {
  send_all(peer, script_.greeting);
  if (script_.then_close && !script_.answer) return;
  std::string unread;
  bool had_preface = false;
  for (;;) {
    pollfd readable{.fd = peer, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, 10) == 0) {
      if (thread_.get_stop_token().stop_requested()) return;
      continue;
    }
    std::array<char, 65536> buffer;
    const ssize_t got = recv(peer, buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    unread.append(buffer.data(), static_cast<std::size_t>(got));
    if (!had_preface && unread.size() >= http2::kPreface.size()) {
      unread.erase(0, http2::kPreface.size());
      had_preface = true;
    }
    while (had_preface && unread.size() >= http2::kFrameHeaderBytes) {
      const auto* at = reinterpret_cast<const std::byte*>(unread.data());
      const std::size_t length = load_be32(at) >> 8;
      if (unread.size() < http2::kFrameHeaderBytes + length) break;
      const auto type = static_cast<http2::FrameType>(at[3]);
      const http2::StreamId id = load_be32(at + 5);
      unread.erase(0, http2::kFrameHeaderBytes + length);
      if (type != http2::FrameType::kHeaders || !script_.answer) continue;
      send_all(peer, script_.answer(id));
      if (script_.then_close) return;
    }
  }
}

RawAnswer ask_raw(const std::string& target, const Texts& fields, std::string_view body) {
  return RawCall{target}.make(fields, body);
}

Texts request_fields(std::string_view path, const Texts& other) {
  Texts fields = {{":method", "POST"},    {":scheme", "http"}, {":path", path},
                  {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  for (const auto& field : other) {
    const auto found = std::ranges::find(fields, field.first, &Texts::value_type::first);
    if (found == fields.end()) {
      fields.push_back(field);
    } else {
      found->second = field.second;
    }
  }
  return fields;
}

std::string framed(std::string_view payload, unsigned flag, int announced_bytes) {
  const auto size = announced_bytes < 0 ? payload.size() : static_cast<std::size_t>(announced_bytes);
  return std::string(1, static_cast<char>(flag)) + Wire::u32(static_cast<std::uint32_t>(size)) +
         std::string(payload);
}

}  // namespace parlance::faults
