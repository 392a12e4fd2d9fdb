#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/deadline.h"

namespace parlance::interceptors {

/// A token bucket: `per_second` tokens come in, at most `burst` lie there, each call takes one.
struct BucketSize {
  double per_second = 0;
  double burst = 1;
};

/// A token bucket a client, for as many clients as are remembered. Knows no clock and no lock.
///
/// Who has not called for the longest time is forgotten first; he comes back to a full bucket. `max_clients`
/// bounds the memory that made-up names can cost.
class ClientBuckets {
 public:
  ClientBuckets(BucketSize size, std::size_t max_clients) : size_(size), max_clients_(max_clients) {}

  /// Takes a token of that client's: zero when there was one, else the time until there will be.
  /// Loops tell the time apart by less than a turn: a `now` before the bucket's last counts as that.
  Duration take(std::string_view client, TimePoint now);

  std::size_t clients() const { return by_name_.size(); }

 private:
  struct Bucket {
    std::string client;
    double tokens;
    TimePoint filled_at;
  };
  using Buckets = std::list<Bucket>;

  Bucket& bucket_of(std::string_view client, TimePoint now);

  const BucketSize size_;
  const std::size_t max_clients_;
  Buckets buckets_;                                                  // who called last comes first
  std::unordered_map<std::string_view, Buckets::iterator> by_name_;  // names live in the buckets
};

}  // namespace parlance::interceptors
