#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http2/hpack_dynamic_table.h"

namespace parlance::http2 {

/// Finds fields of an encoder's dynamic table by name, and by name and value. Hash chains that run from
/// newer to older ids; since entries leave in the order of their ids, a chain simply ends at the first id
/// that is gone, and eviction costs nothing here.
class HpackLookup {
 public:
  /// The newest live entry with this name and value, or 0.
  std::uint64_t find_field(const DynamicTable& table, std::string_view name, std::string_view value,
                           std::uint64_t field_hash) const;
  /// The newest live entry with this name, or 0.
  std::uint64_t find_name(const DynamicTable& table, std::string_view name, std::uint64_t name_hash) const;
  /// To be called with the id of each entry that `table` has taken in, at once.
  void add(const DynamicTable& table, std::uint64_t id, std::uint64_t name_hash, std::uint64_t field_hash);

 private:
  /// One slot for each of the two hashes: the newest id of a bucket, and for an entry the next older one of
  /// its bucket.
  struct Link {
    std::uint64_t field = 0;
    std::uint64_t name = 0;
  };

  Link& bucket(std::uint64_t hash) const { return buckets_[hash & (slots_ - 1)]; }
  Link& older(std::uint64_t id) const { return older_[id & (slots_ - 1)]; }

  void link(std::uint64_t id, std::uint64_t name_hash, std::uint64_t field_hash);
  void grow(const DynamicTable& table);

  std::uint64_t slots_ = 0;  // a power of two, no smaller than the entries that the table holds
  std::unique_ptr<Link[]> buckets_;
  std::unique_ptr<Link[]> older_;
};

}  // namespace parlance::http2
