#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/message_reader.h"
#include "http2/limits.h"
#include "net/connect.h"
#include "net/tls_options.h"
#include "rpc/balancing/policy.h"
#include "rpc/client_interceptor.h"
#include "rpc/keepalive.h"
#include "rpc/service_config.h"
#include "rpc/task.h"

namespace parlance {

using net::TlsClientOptions;

struct ChannelOptions {
  /// TLS with these roots and certificates; nothing: plaintext (h2c with prior knowledge).
  std::optional<net::TlsClientOptions> tls = {};
  /// How connections are made; null: by the kernel's sockets. Host names are looked up all the same.
  std::shared_ptr<net::Connector> connector = {};
  /// `:authority` of the requests; default: what the target names.
  std::string authority = {};
  /// Put before "parlance/<version>" in `user-agent`.
  std::string user_agent = {};
  /// How request messages are compressed unless the call says otherwise.
  grpc::Encoding compression = grpc::Encoding::kIdentity;
  /// Largest response message, decompressed; more is RESOURCE_EXHAUSTED. gRPC's usual 4 MiB.
  std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes;
  /// Largest request message; more is RESOURCE_EXHAUSTED.
  std::size_t max_send_message_bytes = grpc::kUnlimitedMessageBytes;
  http2::Limits http2 = {};
  /// Bytes queued on a stream before a write waits.
  std::size_t send_high_water_bytes = 64 * 1024;
  /// For one attempt to connect, and then for the server's first SETTINGS (gRPC's min_connect_timeout).
  std::chrono::milliseconds connect_timeout{20'000};
  /// Asks a silent server whether it is still there. A server that answers "too_many_pings" makes later
  /// connections ask half as often. gRPC servers usually allow no shorter time than 5 minutes, Parlance 5
  /// seconds.
  KeepaliveOptions keepalive = {};
  /// Pause after a failed attempt, growing 1.6-fold with ±20 % jitter (gRPC connection backoff).
  std::chrono::milliseconds initial_backoff{1'000};
  std::chrono::milliseconds max_backoff{120'000};
  /// Retries, timeouts and balancing, until the resolver brings a config of its own (ServiceConfig::parse,
  /// ServiceConfig::from_file). Without one: up to 4 attempts of calls that fail with UNAVAILABLE or
  /// RESOURCE_EXHAUSTED before an answer begins, and the first address that answers.
  ServiceConfig service_config = {};
  /// False: one attempt for each call, whatever the service config says. A call that the server is known not
  /// to have looked at is sent again all the same.
  bool enable_retries = true;
  /// Takes the config that DNS has for the name: TXT records of `_grpc_config.<host>` (gRPC A2).
  bool service_config_from_dns = false;
  /// Names are looked up again when their time to live has passed, but not more often than this.
  std::chrono::milliseconds min_resolution_interval{5'000};
  /// Run around every call, the first one outermost.
  std::vector<std::shared_ptr<ClientInterceptor>> interceptors = {};
  /// Bytes of request messages that a call keeps for a further attempt; with more it makes none.
  std::size_t retry_buffer_bytes = 1024 * 1024;
};

namespace detail {
class ChannelCore;
}

/// A way to a service, whatever number of servers it has: resolves the target, connects when the first call
/// needs it and again when connections are lost, and chooses a server for each call. Cheap to copy: copies
/// share. Every loop that makes calls has connections of its own, so calls never change threads; calls from
/// other threads use the background loop's. May be used from any thread.
///
/// A call keeps its channel until it has ended; connections close when the last copy and the last call are
/// gone.
class Channel {
 public:
  /// Targets: "host:port", "dns:///host:port" (all its addresses), "dns://SERVER/host:port" (asked of that
  /// DNS server), "ipv4:1.2.3.4:port,5.6.7.8:port", "ipv6:[::1]:port", "unix:/path". Never blocks; a target
  /// that does not parse makes every call fail with INVALID_ARGUMENT that says why.
  static Channel open(std::string_view target, ChannelOptions options = {});

  const std::string& target() const;

  /// The state of this loop's part (of the background loop's, from other threads).
  Task<Connectivity> state() const;
  /// Connects though no call asks for it; true once a call would find a server, false at `deadline`.
  /// `channel.wait_until_ready(Deadline::after(Clock::now(), 5s)).wait()` is the blocking form.
  Task<bool> wait_until_ready(Deadline deadline) const;
  /// Ready when the state is no longer `from`, or at `deadline`; returns the state then.
  Task<Connectivity> state_other_than(Connectivity from, Deadline deadline) const;

  detail::ChannelCore& core() const { return *core_; }

 private:
  explicit Channel(std::shared_ptr<detail::ChannelCore> core) : core_(std::move(core)) {}
  std::shared_ptr<detail::ChannelCore> core_;
};

}  // namespace parlance
