#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace parlance::net {

/// A socket address: IPv4, IPv6 or a Unix path. A value.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t size_bytes);

  /// "127.0.0.1:50051", "[::]:50051", "unix:/run/parlance.sock" (gRPC name syntax without a scheme for IP).
  /// Host names are not resolved here. The error says what is wrong with the text.
  static std::expected<Endpoint, std::string> parse(std::string_view text);

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size_bytes() const { return size_bytes_; }
  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  /// Reached by programs of this machine only: a Unix path, 127.0.0.0/8, ::1.
  bool is_local() const;
  /// 0 for a Unix path.
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

  /// As parse() reads it.
  std::string to_string() const;
  /// gRPC's form of a peer: "ipv4:127.0.0.1:40000", "ipv6:[::1]:40000", "unix:/path".
  std::string to_peer_string() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_bytes_ = 0;
};

/// A host and a port still to be looked up, or an endpoint that needs no lookup.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  /// "host:port", "[v6]:port". The error says what is wrong with the text.
  static std::expected<HostPort, std::string> parse(std::string_view text);
};

}  // namespace parlance::net
