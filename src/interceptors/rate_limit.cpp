#include "interceptors/rate_limit.h"

#include <algorithm>
#include <cstdio>

#include "base/assert.h"
#include "grpc/error_details.h"
#include "interceptors/client_of.h"
#include "interceptors/retry_advice.h"

namespace parlance::interceptors {
namespace {

BucketSize bucket_size(const RateLimitOptions& options) {
  require(options.calls_per_second > 0, "RateLimitOptions: calls_per_second is not above zero");
  const double burst = options.burst > 0 ? options.burst : options.calls_per_second;
  return {.per_second = options.calls_per_second, .burst = std::max(1.0, burst)};
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

RateLimit::RateLimit(RateLimitOptions options)
    : options_(std::move(options)), buckets_(bucket_size(options_), options_.max_clients) {}

Task<Status> RateLimit::intercept(ServerCall& call, ServerNext next) {
  if (options_.exempt.contains(call.method())) return next();
  const std::string client = client_of(call);
  Duration wait;
  {
    const std::lock_guard lock{mutex_};
    wait = buckets_.take(client, call.loop().now());
  }
  if (wait == Duration::zero()) return next();
  return end_call(advise_retry(call, limited(client), wait));
}

Status RateLimit::limited(const std::string& client) const {
  const BucketSize size = bucket_size(options_);
  const std::string limit = number(size.per_second) + " calls a second, " + number(size.burst) + " at once";
  return grpc::make_error(StatusCode::kResourceExhausted, "RATE_LIMITED", "this client may make " + limit,
                          {{"hop", "server"},
                           {"limit", number(size.per_second)},
                           {"observed", client},
                           {"knob", "rate-limit"}})
      .with_detail(grpc::to_detail(grpc::QuotaFailure{{{.subject = client, .description = limit}}}));
}

}  // namespace parlance::interceptors
