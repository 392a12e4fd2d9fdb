#include "http2/hpack_lookup.h"

#include <algorithm>
#include <bit>

namespace parlance::http2 {

HpackLookup::HpackLookup(std::uint32_t max_table_bytes)
    : slots_(std::bit_ceil(std::max(max_table_bytes / DynamicTable::kEntryOverheadBytes, 1u))) {}

std::uint64_t HpackLookup::find_field(const DynamicTable& table, std::string_view name,
                                      std::string_view value, std::uint64_t field_hash) const {
  if (table.count() == 0) return 0;
  std::uint64_t id = bucket(field_hash).field;
  for (; table.is_live(id); id = older(id).field) {
    const HeaderField entry = table.entry(id);
    if (entry.value == value && entry.name == name) return id;
  }
  return 0;
}

std::uint64_t HpackLookup::find_name(const DynamicTable& table, std::string_view name,
                                     std::uint64_t name_hash) const {
  if (table.count() == 0) return 0;
  std::uint64_t id = bucket(name_hash).name;
  for (; table.is_live(id); id = older(id).name)
    if (table.entry(id).name == name) return id;
  return 0;
}

void HpackLookup::add(std::uint64_t id, std::uint64_t name_hash, std::uint64_t field_hash) {
  if (!buckets_) {
    buckets_ = std::make_unique<Link[]>(slots_);
    older_ = std::make_unique<Link[]>(slots_);
  }
  older(id) = {bucket(field_hash).field, bucket(name_hash).name};
  bucket(field_hash).field = id;
  bucket(name_hash).name = id;
}

}  // namespace parlance::http2
