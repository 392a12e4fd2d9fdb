#include "rpc/balancing/hash_ring.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "base/concat.h"

namespace parlance::balancing {
namespace {

/// Backends in the order of their addresses, so that who gets an odd place does not depend on the resolver.
std::vector<std::size_t> by_address(std::span<const Backend> backends) {
  std::vector<std::size_t> order(backends.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) -> const std::string& { return backends[i].address; });
  return order;
}

std::uint64_t ring_size(std::uint64_t backends, const RingHashConfig& config) {
  const std::uint64_t places_each = (config.min_ring_size + backends - 1) / backends;
  return std::min(places_each * backends, config.max_ring_size);
}

}  // namespace

std::uint64_t xx_hash64(std::string_view text) { return XXH64(text.data(), text.size(), 0); }

HashRing::HashRing(std::span<const Backend> backends, const RingHashConfig& config) {
  if (backends.empty()) return;
  const std::uint64_t size = ring_size(backends.size(), config);
  places_.reserve(size);
  std::uint64_t turn = 0;
  for (const std::size_t backend : by_address(backends)) {
    // ceil(size · turn / backends) places are filled when this one has its share.
    const std::uint64_t filled = (size * ++turn + backends.size() - 1) / backends.size();
    for (std::uint64_t copy = 0; places_.size() < filled; ++copy) {
      const std::string key = concat(std::string_view{backends[backend].address}, "_", copy);
      places_.push_back({xx_hash64(key), backend});
    }
  }
  std::ranges::sort(places_, {}, &Place::hash);
}

std::size_t HashRing::find(std::uint64_t hash) const {
  const auto found = std::ranges::lower_bound(places_, hash, {}, &Place::hash);
  return found == places_.end() ? 0 : static_cast<std::size_t>(found - places_.begin());
}

}  // namespace parlance::balancing
