#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/deadline.h"
#include "base/status.h"
#include "rpc/balancing/policy_config.h"

namespace parlance {

/// A set of status codes.
class StatusCodes {
 public:
  constexpr StatusCodes() = default;
  constexpr StatusCodes(std::initializer_list<StatusCode> codes) {
    for (const StatusCode code : codes) add(code);
  }
  constexpr void add(StatusCode code) { bits_ |= 1U << static_cast<unsigned>(code); }
  constexpr bool contains(StatusCode code) const { return (bits_ >> static_cast<unsigned>(code) & 1U) != 0; }
  constexpr bool operator==(const StatusCodes&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

/// A failed attempt is followed by another after a pause (gRPC A6). The pause before attempt n+1 is
/// min(initial_backoff · multiplier^(n-1), max_backoff) · rand(0.8, 1.2), or what the server asked for.
struct RetryPolicy {
  /// With the first; 1 means no retries. A service config may ask for 5 at most.
  unsigned max_attempts = 4;
  Duration initial_backoff = std::chrono::milliseconds{100};
  Duration max_backoff = std::chrono::milliseconds{400};
  double backoff_multiplier = 2;
  StatusCodes retryable{StatusCode::kUnavailable, StatusCode::kResourceExhausted};
  bool operator==(const RetryPolicy&) const = default;
};

/// More attempts are sent while earlier ones run; the first answer wins (gRPC A6).
struct HedgingPolicy {
  unsigned max_attempts = 2;
  /// Between attempts; zero: all at once.
  Duration hedging_delay = Duration::zero();
  /// Statuses that do not end the call while other attempts run or may be sent.
  StatusCodes non_fatal = {};
  bool operator==(const HedgingPolicy&) const = default;
};

/// What a service config says of a method; what it does not say is left to the call and the channel.
struct MethodConfig {
  std::optional<bool> wait_for_ready = {};
  /// The call's deadline is not later than this.
  std::optional<Duration> timeout = {};
  std::optional<std::size_t> max_request_message_bytes = {};
  std::optional<std::size_t> max_response_message_bytes = {};
  std::variant<RetryPolicy, HedgingPolicy> attempts = RetryPolicy{};
  bool operator==(const MethodConfig&) const = default;
};

/// Retries stop while more than half of the tokens are gone: a failure takes one, a success gives
/// `token_ratio` back (gRPC A6).
struct RetryThrottling {
  double max_tokens = 100;
  double token_ratio = 0.1;
  bool operator==(const RetryThrottling&) const = default;
};

/// How a channel treats calls and chooses among backends: gRPC's service config (grpc/doc/service_config.md).
class ServiceConfig {
 public:
  /// Without a config: the default RetryPolicy for every method, the default throttling, pick_first.
  ServiceConfig() = default;

  /// From JSON (canonical or original names, unknown fields ignored). The error says which field is wrong,
  /// what it holds and what may stand there. Methods without a retryPolicy or hedgingPolicy get the default
  /// RetryPolicy; a policy of loadBalancingConfig that is not known is passed over for the next.
  static std::expected<ServiceConfig, std::string> parse(std::string_view json);
  /// parse() of a file's text; blocks while it is read. The error names the file.
  static std::expected<ServiceConfig, std::string> from_file(const std::string& path);

  /// For "/package.Service/Method": the entry of the method, else of its service, else of all.
  const MethodConfig& method(std::string_view path) const;

  const RetryThrottling& retry_throttling() const { return retry_throttling_; }
  const PolicyConfig& load_balancing() const { return load_balancing_; }
  /// The service that client-side health checking asks for; nothing: no health checking.
  const std::optional<std::string>& health_check_service() const { return health_check_service_; }
  /// More connections to one backend when every open one is full of streams (gRPC A105).
  std::size_t max_connections_per_backend() const { return max_connections_per_backend_; }

 private:
  friend class ServiceConfigParser;

  std::map<std::string, MethodConfig, std::less<>> methods_;  // "/service/method", "/service/", "/"
  MethodConfig default_method_;
  RetryThrottling retry_throttling_;
  PolicyConfig load_balancing_ = PickFirstConfig{};
  std::optional<std::string> health_check_service_;
  std::size_t max_connections_per_backend_ = 10;
};

}  // namespace parlance
