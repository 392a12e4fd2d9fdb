#include "net/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/assert.h"

namespace parlance::net {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

std::expected<Endpoint, std::string> parse_unix(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);  // unix:///absolute/path
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) return std::unexpected("a unix: address needs a path");
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected("the socket path has " + std::to_string(path.size()) + " bytes, more than the " +
                           std::to_string(sizeof address.sun_path - 1) + " the system takes");
  }
  path.copy(address.sun_path, path.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return Endpoint{reinterpret_cast<const sockaddr*>(&address), size};
}

template <typename Address>
Endpoint endpoint_of(const Address& address) {
  return Endpoint{reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

}  // namespace

Endpoint::Endpoint(const sockaddr* address, socklen_t size_bytes) : size_bytes_(size_bytes) {
  require(size_bytes <= sizeof storage_, "Endpoint: the address is too long");
  std::memcpy(&storage_, address, size_bytes);
}

std::expected<HostPort, std::string> HostPort::parse(std::string_view text) {
  const std::string quoted = "'" + std::string{text} + "'";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::unexpected(quoted + " has no port; write HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);

  HostPort result;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return std::unexpected("the port of " + quoted + " is not a number from 0 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::unexpected("an IPv6 address stands in brackets: [" + std::string{host} +
                           "]:" + std::string{digits});
  }
  if (host.empty()) return std::unexpected(quoted + " has no host; write HOST:PORT");
  result.host = host;
  return result;
}

std::expected<Endpoint, std::string> Endpoint::parse(std::string_view text) {
  if (text.starts_with(kUnixScheme)) return parse_unix(text.substr(kUnixScheme.size()));
  const auto host_port = HostPort::parse(text);
  if (!host_port) return std::unexpected(host_port.error());

  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(host_port->port);
  if (inet_pton(AF_INET, host_port->host.c_str(), &v4.sin_addr) == 1) return endpoint_of(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(host_port->port);
  if (inet_pton(AF_INET6, host_port->host.c_str(), &v6.sin6_addr) == 1) return endpoint_of(v6);
  return std::unexpected("'" + host_port->host + "' is not an IP address");
}

bool Endpoint::is_local() const {
  if (family() == AF_INET) {
    const in_addr_t host = ntohl(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr);
    return host >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
  }
  if (family() == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr);
  }
  return is_unix();
}

std::uint16_t Endpoint::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
  return 0;
}

void Endpoint::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
}

std::string Endpoint::to_string() const {
  char host[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage_).sin_addr, host, sizeof host);
    return std::string{host} + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr, host, sizeof host);
    return "[" + std::string{host} + "]:" + std::to_string(port());
  }
  if (is_unix()) return std::string{kUnixScheme} + reinterpret_cast<const sockaddr_un&>(storage_).sun_path;
  return "unknown";
}

std::string Endpoint::to_peer_string() const {
  if (family() == AF_INET) return "ipv4:" + to_string();
  if (family() == AF_INET6) return "ipv6:" + to_string();
  return to_string();
}

}  // namespace parlance::net
