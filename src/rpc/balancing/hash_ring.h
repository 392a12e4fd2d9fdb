#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// XX_HASH64 of seed 0: what ring_hash hashes with (gRPC A42).
std::uint64_t xx_hash64(std::string_view text);

/// Backends on a ring of hashes, each as often as the others (but for one place, where the largest ring does
/// not hold a whole number of each), at the hashes of "address_0", "address_1", …: the places of a backend
/// do not depend on who else is there, and are those of other gRPC and Envoy clients (A42).
class HashRing {
 public:
  HashRing() = default;
  /// The ring is the smallest of at least `config.min_ring_size` places with as many for each backend, cut
  /// to `config.max_ring_size`.
  HashRing(std::span<const Backend> backends, const RingHashConfig& config);

  std::size_t size() const { return places_.size(); }
  /// The place of the first hash that is not less than `hash`; the ring is closed. There is a place.
  std::size_t find(std::uint64_t hash) const;
  /// Index into `backends` of who stands `steps` places behind `place`.
  std::size_t backend_at(std::size_t place, std::size_t steps) const {
    return places_[(place + steps) % places_.size()].backend;
  }

 private:
  struct Place {
    std::uint64_t hash;
    std::size_t backend;
  };
  std::vector<Place> places_;
};

}  // namespace parlance::balancing
