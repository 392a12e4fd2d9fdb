#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/message_reader.h"
#include "http2/limits.h"
#include "net/network.h"
#include "net/tls_options.h"
#include "rpc/call_statistics.h"
#include "rpc/connection_front.h"
#include "rpc/keepalive.h"
#include "rpc/server_interceptor.h"
#include "rpc/service.h"

namespace parlance {

using net::ClientCertificate;
using net::TlsServerOptions;

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
/// Where the runtime says what happened that no caller is told. On any thread.
using LogSink = std::function<void(LogLevel, std::string_view text)>;

struct ServerOptions {
  /// "127.0.0.1:50051", "[::]:50051" (IPv4 too), "unix:/path". Port 0 takes a free one (Server::ports).
  std::vector<std::string> listen = {"[::]:50051"};
  /// TLS on those addresses; nothing: plaintext (h2c with prior knowledge).
  std::optional<TlsServerOptions> tls = {};
  /// Plaintext is taken on those addresses as well; a connection's first byte tells which it is.
  bool accept_plaintext_too = false;
  /// More addresses, always plaintext: for a sidecar or a probe beside TLS.
  std::vector<std::string> listen_plaintext = {};
  /// Event loops, each on a thread of its own; 0: one a core.
  unsigned threads = 0;
  /// Run around every call, the first outermost.
  std::vector<std::shared_ptr<ServerInterceptor>> interceptors = {};
  /// Loops that somebody else runs, in place of threads of the server's own; they outlive it. Their thread
  /// destroys it, after it has ended (see ended(); checked).
  std::vector<net::Loop*> loops = {};
  /// Speaks other protocols on the same addresses; null: gRPC alone.
  std::shared_ptr<ConnectionFront> front = {};
  /// Where the addresses are bound; null: the kernel's sockets.
  std::shared_ptr<net::Network> network = {};
  /// How response messages are compressed for callers that accept it, unless the handler says otherwise.
  grpc::Encoding compression = grpc::Encoding::kIdentity;
  /// Largest request message, decompressed; more is RESOURCE_EXHAUSTED. gRPC's usual 4 MiB.
  std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes;
  /// Statuses that the library makes carry an ErrorInfo with the reason, limits and options; false keeps that
  /// from callers.
  bool explain_errors = true;
  /// What one connection may cost.
  http2::Limits http2 = {};
  /// Bytes queued for a slow reader before Writer::write waits.
  std::size_t send_high_water_bytes = 64 * 1024;
  /// What all connections and calls of the server may hold together: responses that are queued, requests that
  /// are not yet taken, and a fixed cost each; not what handlers hold. 0: half of the memory that the process
  /// may have (its cgroup's limit, or the machine's). The fuller it is, the sooner writers wait; near the
  /// limit new calls are RESOURCE_EXHAUSTED (MEMORY_LIMIT) and senders get no more window; at the limit calls
  /// that queue on in spite of that, or the slowest readers', are reset with ENHANCE_YOUR_CALM. The same
  /// process takes some memory beyond it: its code, its models, what its allocator keeps.
  std::size_t memory_bytes = 0;
  /// The part of that which one connection may hold; 0: all of it.
  std::size_t connection_memory_bytes = 0;
  /// What one call's handler may queue without waiting, as Writer::write asks it to; more resets the call. A
  /// handler that waits may always queue one message of any size.
  std::size_t stream_memory_bytes = 16 * 1024 * 1024;
  /// Asks clients that went silent whether they are still there.
  KeepaliveOptions keepalive{.time = std::chrono::hours{2}};
  /// How often clients may ask that of the server.
  PingPolicy ping_policy = {};
  /// A connection without calls for this long is told to go; zero: never.
  Duration max_connection_idle = Duration::zero();
  /// A connection this old, give or take a tenth, is told to go, so that clients spread anew; zero: never.
  Duration max_connection_age = Duration::zero();
  /// Calls of a connection that reached its age may run on for this long; zero: as long as they like.
  Duration max_connection_age_grace = Duration::zero();
  /// The deadline of calls that come without one; zero: none.
  Duration default_timeout = Duration::zero();
  /// No call's deadline is later than this, whatever the caller asked for; zero: no limit.
  Duration max_timeout = Duration::zero();
  /// Counts calls by method and status (Server::call_statistics). Costs a call some tens of nanoseconds.
  bool call_statistics = false;
  /// After shutdown() begins, calls may run on for this long; then they are cancelled with UNAVAILABLE.
  std::chrono::milliseconds shutdown_grace{30'000};
  /// Default: warnings and errors to stderr.
  LogSink log = {};
};

/// A gRPC server: listeners, loops, services.
///
///   Server server{{.listen = {"127.0.0.1:50051"}}};
///   server.add(std::make_shared<Greeter>());
///   server.run();
class Server {
 public:
  explicit Server(ServerOptions options = {});
  /// Shuts down with no grace if it still runs, and waits.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Before start(). Two services of one name are a programmer's error (checked).
  void add(std::shared_ptr<Service> service);
  /// The full names of the services added so far, in that order. From any thread once the server is started.
  std::vector<std::string> service_names() const;

  /// Binds every address and begins to serve. UNAVAILABLE when an address cannot be bound (which and why),
  /// INVALID_ARGUMENT for one that does not parse and for certificates that cannot be used; nothing is served
  /// then.
  Result<void> start();
  /// After start(): the addresses bound, `listen` and then `listen_plaintext`, in the order of the options.
  std::vector<std::string> addresses() const;
  /// After start(): the ports bound, in the same order; 0 for a Unix socket.
  std::vector<std::uint16_t> ports() const;

  /// Begins to drain: services are told (health turns to NOT_SERVING), GOAWAY goes out in two steps, open
  /// calls run on for `grace` at most, and what is left then is cancelled. Returns at once; from any thread,
  /// more than once (a shorter grace wins).
  void shutdown(std::chrono::milliseconds grace);
  void shutdown();
  /// Blocks until a shutdown is complete. Never on a loop that the server uses.
  void wait();
  struct MemoryUse {
    std::size_t limit_bytes = 0;
    std::size_t used_bytes = 0;  // in steps of 64 KiB a loop
    std::size_t most_bytes = 0;  // ever
  };
  /// How full ServerOptions::memory_bytes is. From any thread.
  MemoryUse memory() const;
  /// What was counted of each method since the start, and of all that is not served as the last; empty
  /// without ServerOptions::call_statistics, and before start(). From any thread.
  std::vector<CallStatistics> call_statistics() const;
  /// A shutdown is complete. From any thread.
  bool ended() const;

  /// Connects to this server inside the process, plaintext, whatever the endpoint; also to one that listens
  /// on no address at all. May be kept longer than the server: it refuses then.
  std::shared_ptr<net::Connector> in_process_connector() const;

  /// start(), then `on_started` (to say on which addresses, for example), then serves until SIGTERM or
  /// SIGINT, drains, and returns. A second signal ends the process at once.
  Result<void> run(const std::function<void()>& on_started = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance
