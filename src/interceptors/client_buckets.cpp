#include "interceptors/client_buckets.h"

#include <algorithm>

namespace parlance::interceptors {
namespace {

using Seconds = std::chrono::duration<double>;

// However slow the rate: what a caller is told to wait must fit a Duration.
constexpr Seconds kLongestWait{24.0 * 3600};

}  // namespace

Duration ClientBuckets::take(std::string_view client, TimePoint now) {
  Bucket& bucket = bucket_of(client, now);
  now = std::max(now, bucket.filled_at);
  const double come_in = Seconds{now - bucket.filled_at}.count() * size_.per_second;
  bucket.tokens = std::min(size_.burst, bucket.tokens + come_in);
  bucket.filled_at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return Duration::zero();
  }
  const Seconds wait{(1 - bucket.tokens) / size_.per_second};
  return std::chrono::ceil<Duration>(std::min(wait, kLongestWait));
}

ClientBuckets::Bucket& ClientBuckets::bucket_of(std::string_view client, TimePoint now) {
  if (const auto found = by_name_.find(client); found != by_name_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return *found->second;
  }
  if (by_name_.size() >= max_clients_ && !buckets_.empty()) {
    by_name_.erase(buckets_.back().client);
    buckets_.pop_back();
  }
  buckets_.push_front({std::string{client}, size_.burst, now});
  by_name_.emplace(buckets_.front().client, buckets_.begin());
  return buckets_.front();
}

}  // namespace parlance::interceptors
