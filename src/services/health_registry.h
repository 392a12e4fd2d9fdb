#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace parlance::services {

/// The values of grpc.health.v1.HealthCheckResponse.ServingStatus, with their numbers on the wire.
enum class ServingStatus : std::uint8_t { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

/// Which services of this process are ready to be called: the source that the health service answers from.
/// Thread-safe.
class HealthRegistry {
 public:
  /// Knows one service: "", the process as a whole, SERVING.
  HealthRegistry();

  /// From now on `service` has `status`; a name not known before becomes known. After shut_down(): the status
  /// is NOT_SERVING whatever is given.
  void set(std::string_view service, ServingStatus status);

  /// Nothing for a service that was never set.
  std::optional<ServingStatus> status(std::string_view service) const;
  /// Every known service, by name.
  std::vector<std::pair<std::string, ServingStatus>> statuses() const;

  /// Every service is NOT_SERVING from now on, for good.
  void shut_down();
  bool is_shut_down() const;

  /// Who wants to know that something about a service changed.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The status of the service changed, or the registry was shut down. On the thread that did it, while the
    /// registry is locked: must not ask the registry anything, only pass the word on.
    virtual void on_change() = 0;
  };
  /// `service` need not be known.
  void subscribe(std::string_view service, std::shared_ptr<Listener> listener);
  /// When this returns, `listener` is not called any more.
  void unsubscribe(std::string_view service, const std::shared_ptr<Listener>& listener);

 private:
  using Listeners = std::unordered_set<std::shared_ptr<Listener>>;

  void tell(std::string_view service) const;  // with mutex_ held

  mutable std::mutex mutex_;
  std::map<std::string, ServingStatus, std::less<>> statuses_;  // guarded by mutex_
  std::map<std::string, Listeners, std::less<>> listeners_;     // guarded by mutex_
  bool shut_down_ = false;                                      // guarded by mutex_
};

}  // namespace parlance::services
