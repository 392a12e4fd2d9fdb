#include "http2/hpack_lookup.h"

#include <algorithm>
#include <bit>

#include "http2/hpack_hash.h"

namespace parlance::http2 {
namespace {

constexpr std::uint64_t kFirstSlots = 8;

}  // namespace

std::uint64_t HpackLookup::find_field(const DynamicTable& table, std::string_view name,
                                      std::string_view value, std::uint64_t field_hash) const {
  if (slots_ == 0) return 0;
  std::uint64_t id = bucket(field_hash).field;
  for (; table.is_live(id); id = older(id).field) {
    const HeaderField entry = table.entry(id);
    if (entry.value == value && entry.name == name) return id;
  }
  return 0;
}

std::uint64_t HpackLookup::find_name(const DynamicTable& table, std::string_view name,
                                     std::uint64_t name_hash) const {
  if (slots_ == 0) return 0;
  std::uint64_t id = bucket(name_hash).name;
  for (; table.is_live(id); id = older(id).name)
    if (table.entry(id).name == name) return id;
  return 0;
}

void HpackLookup::add(const DynamicTable& table, std::uint64_t id, std::uint64_t name_hash,
                      std::uint64_t field_hash) {
  if (table.count() > slots_) return grow(table);
  link(id, name_hash, field_hash);
}

void HpackLookup::link(std::uint64_t id, std::uint64_t name_hash, std::uint64_t field_hash) {
  older(id) = {bucket(field_hash).field, bucket(name_hash).name};
  bucket(field_hash).field = id;
  bucket(name_hash).name = id;
}

/// Makes slots for more, with every live entry in them: the newest is one of those.
void HpackLookup::grow(const DynamicTable& table) {
  slots_ = std::max(std::bit_ceil(std::uint64_t{table.count()}), kFirstSlots);
  buckets_ = std::make_unique<Link[]>(slots_);
  older_ = std::make_unique<Link[]>(slots_);
  for (std::uint32_t age = table.count(); age-- > 0;) {
    const std::uint64_t id = table.id_of_age(age);
    const HeaderField field = table.entry(id);
    const std::uint64_t name_hash = hash_text(field.name);
    link(id, name_hash, hash_text(field.value, name_hash));
  }
}

}  // namespace parlance::http2
