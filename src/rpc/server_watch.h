#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "rpc/balancing/policy.h"

namespace parlance::detail {

class ClientConnection;

/// What a channel wants to hear from its servers beside its calls.
struct ServerWatchOptions {
  /// Health of this service (grpc.health.v1.Health/Watch, gRPC A17).
  std::optional<std::string> health_service = {};
  /// Load reports this often (xds.service.orca.v3.OpenRcaService/StreamCoreMetrics, gRPC A51).
  std::optional<Duration> load_report_period = {};
};

/// Streams on one connection that tell of the server's health and load for as long as this lives. A stream
/// that fails is opened again after a pause; one that the server does not implement is not, and a server
/// without health service counts as healthy.
class ServerWatch {
 public:
  /// Either may destroy the ServerWatch.
  class Listener {
   public:
    /// First when the server has answered, then at each change.
    virtual void on_health(bool serving, const std::string& why) = 0;
    virtual void on_load_report(const balancing::LoadReport& report) = 0;

   protected:
    ~Listener() = default;
  };

  /// `connection` and `listener` outlive it.
  ServerWatch(ClientConnection& connection, const ServerWatchOptions& options, Listener& listener);
  ~ServerWatch();

  bool is_on(const ClientConnection& connection) const { return &connection_ == &connection; }

 private:
  class Stream;
  class Health;
  class Load;

  const ClientConnection& connection_;
  std::shared_ptr<Stream> health_;
  std::shared_ptr<Stream> load_;
};

}  // namespace parlance::detail
