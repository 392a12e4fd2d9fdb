#include "net/ares_channel.h"

#include <ares.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "net/dns_resolver.h"
#include "net/reactor.h"

namespace parlance::net {
namespace {

using std::chrono::milliseconds;

// Once a process, and before any channel; there is no moment at which nobody needs it any more.
int initialise_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

int in_milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<milliseconds>(duration).count();
  return static_cast<int>(std::clamp<decltype(count)>(count, 1, 1'000'000));
}

ares_addr_port_node server_node(const Endpoint& endpoint) {
  ares_addr_port_node node{};
  node.family = endpoint.family();
  node.udp_port = node.tcp_port = endpoint.port();
  if (endpoint.family() == AF_INET) {
    node.addr.addr4 = reinterpret_cast<const sockaddr_in*>(endpoint.address())->sin_addr;
  } else {
    static_assert(sizeof node.addr.addr6 == sizeof(in6_addr));
    std::memcpy(&node.addr.addr6, &reinterpret_cast<const sockaddr_in6*>(endpoint.address())->sin6_addr,
                sizeof(in6_addr));
  }
  return node;
}

Endpoint server_endpoint(const ares_addr_port_node& node) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = node.addr.addr4;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, &node.addr.addr6, sizeof(in6_addr));
  Endpoint endpoint = node.family == AF_INET ? Endpoint{reinterpret_cast<const sockaddr*>(&v4), sizeof v4}
                                             : Endpoint{reinterpret_cast<const sockaddr*>(&v6), sizeof v6};
  endpoint.set_port(static_cast<std::uint16_t>(node.udp_port != 0 ? node.udp_port : kDnsPort));
  return endpoint;
}

int set_servers(ares_channel channel, std::span<const Endpoint> servers) {
  std::vector<ares_addr_port_node> nodes;
  for (const Endpoint& server : servers) nodes.push_back(server_node(server));
  for (std::size_t i = 1; i < nodes.size(); ++i) nodes[i - 1].next = &nodes[i];
  return ares_set_servers_ports(channel, nodes.data());
}

}  // namespace

// c-ares opens and closes the file descriptor; this only watches it, and goes before that is closed.
class AresChannel::Socket final : WatchedDescriptor::Watcher {
 public:
  Socket(AresChannel& channel, int fd) : channel_(channel), watched_(channel.loop_.reactor(), fd, *this) {}

  void want(bool read, bool write) {
    wants_read_ = read;
    wants_write_ = write;
  }
  void watch() {
    if (wants_read_) watched_.watch_readable();
    if (wants_write_) watched_.watch_writable();
  }

 private:
  // Either may destroy this.
  void on_readable() override {
    channel_.loop_.begin_event();
    channel_.process(watched_.fd(), ARES_SOCKET_BAD);
  }
  void on_writable() override {
    channel_.loop_.begin_event();
    if (wants_write_) channel_.process(ARES_SOCKET_BAD, watched_.fd());
  }

  AresChannel& channel_;
  WatchedDescriptor watched_;
  bool wants_read_ = false;
  bool wants_write_ = false;
};

AresChannel::AresChannel(Loop& loop, Observer& observer) : loop_(loop), observer_(observer) {}

AresChannel::~AresChannel() {
  loop_.disarm(*this);
  if (channel_ != nullptr) ares_destroy(channel_);
}

int AresChannel::open(const DnsOptions& options, std::span<const Endpoint> servers) {
  if (const int status = initialise_library(); status != ARES_SUCCESS) return status;
  ares_options settings{};
  settings.timeout = in_milliseconds(options.try_timeout);
  settings.tries = std::max(options.tries, 1);
  settings.sock_state_cb_data = this;
  settings.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<AresChannel*>(self)->on_socket_state(fd, readable != 0, writable != 0);
  };
  const int status =
      ares_init_options(&channel_, &settings, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS || servers.empty()) return status;
  return set_servers(channel_, servers);
}

void AresChannel::wake() { loop_.arm(*this, loop_.now()); }

void AresChannel::on_timer() { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

void AresChannel::process(int readable_fd, int writable_fd) {
  ares_process_fd(channel_, readable_fd, writable_fd);
  for (const auto& [fd, socket] : sockets_) socket->watch();
  arm_timer();
  observer_.on_progress();
}

void AresChannel::arm_timer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return loop_.disarm(*this);
  // Rounded up, so that c-ares finds its own timeout past.
  loop_.arm(*this, loop_.now() + std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec} +
                       milliseconds{1});
}

void AresChannel::on_socket_state(int fd, bool wants_read, bool wants_write) {
  if (!wants_read && !wants_write) {
    sockets_.erase(fd);
    return;
  }
  asked_servers_ = true;
  std::unique_ptr<Socket>& socket = sockets_[fd];
  if (socket == nullptr) socket = std::make_unique<Socket>(*this, fd);
  socket->want(wants_read, wants_write);
}

std::string AresChannel::servers() const {
  ares_addr_port_node* first = nullptr;
  if (ares_get_servers_ports(channel_, &first) != ARES_SUCCESS) return {};
  std::string text;
  for (const ares_addr_port_node* node = first; node != nullptr; node = node->next) {
    if (!text.empty()) text += ", ";
    text += server_endpoint(*node).to_string();
  }
  ares_free_data(first);
  return text;
}

}  // namespace parlance::net
