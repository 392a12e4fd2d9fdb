#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "interceptors/client_buckets.h"
#include "interceptors/exempt_methods.h"
#include "rpc/server_interceptor.h"

namespace parlance::interceptors {

struct RateLimitOptions {
  /// Calls a second that one client may make for long; above zero.
  double calls_per_second = 100;
  /// Calls it may make at once after a rest; zero: as many as in a second, at least one.
  double burst = 0;
  /// Clients remembered at a time.
  std::size_t max_clients = 10'000;
  ExemptMethods exempt = {};
};

/// Bounds how often one client calls. A client is the subject that BearerAuth found (put that further out),
/// else what the request's `x-client-id` says, which nobody has proved, else the peer's address without its
/// port.
///
/// More is RESOURCE_EXHAUSTED (RATE_LIMITED) with QuotaFailure, RetryInfo and a pushback trailer that say
/// when the next call will be let through. Buckets are shared by every loop of the server behind a lock held
/// for well under a microsecond: a client's connections lie on many loops, and its limit is one.
class RateLimit final : public ServerInterceptor {
 public:
  explicit RateLimit(RateLimitOptions options);
  Task<Status> intercept(ServerCall& call, ServerNext next) override;

 private:
  Status limited(const std::string& client) const;

  const RateLimitOptions options_;
  std::mutex mutex_;
  ClientBuckets buckets_;
};

}  // namespace parlance::interceptors
