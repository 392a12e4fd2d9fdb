#include "http2/hpack_dynamic_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"

namespace parlance::http2 {

DynamicTable::DynamicTable(std::uint32_t max_bytes) : max_bytes_(max_bytes) {
  require(max_bytes <= kLargestBytes, "DynamicTable: size above kLargestBytes");
}

void DynamicTable::set_max_bytes(std::uint32_t max_bytes) {
  require(max_bytes <= kLargestBytes, "DynamicTable: size above kLargestBytes");
  ++changes_;
  evict_down_to(max_bytes);
  max_bytes_ = max_bytes;
}

std::uint64_t DynamicTable::insert(std::string_view name, std::string_view value, HeaderToken token) {
  ++changes_;
  const std::uint64_t entry_bytes = name.size() + value.size() + kEntryOverheadBytes;
  if (entry_bytes > max_bytes_) {
    evict_down_to(0);
    return 0;
  }
  evict_down_to(max_bytes_ - static_cast<std::uint32_t>(entry_bytes));
  const auto needed_bytes = static_cast<std::uint32_t>(size_bytes_ + entry_bytes);
  // Keeps the old ring, in which `name` may lie, until it is copied.
  const Rings retired = ring_bytes_ < 2 * std::uint64_t{needed_bytes} ? grow(needed_bytes) : Rings{};
  const std::uint32_t offset = place(static_cast<std::uint32_t>(name.size() + value.size()));
  // The name may be that of an entry just evicted, whose place this one may now take.
  char* at = rings_.bytes.get() + offset;
  if (!name.empty()) std::memmove(at, name.data(), name.size());
  if (!value.empty()) std::memcpy(at + name.size(), value.data(), value.size());
  size_bytes_ += static_cast<std::uint32_t>(entry_bytes);
  slot(++newest_) = {offset, static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size()), token};
  return newest_;
}

HeaderField DynamicTable::entry(std::uint64_t id) const {
  const Entry& entry = slot(id);
  const char* at = rings_.bytes.get() + entry.offset;
  return {.name = {at, entry.name_bytes},
          .value = {at + entry.name_bytes, entry.value_bytes},
          .token = entry.token,
          .entry_id = id <= UINT32_MAX ? static_cast<std::uint32_t>(id) : 0};
}

void DynamicTable::evict_down_to(std::uint32_t size_bytes) {
  while (size_bytes_ > size_bytes) {
    const Entry& oldest = slot(++evicted_);
    size_bytes_ -= oldest.name_bytes + oldest.value_bytes + kEntryOverheadBytes;
  }
}

/// Finds room for the strings of an entry, in one piece. The ring has at least twice the entries' room, so
/// this never runs into live bytes: with C the entries' room, L the new strings and at most C − L live bytes,
/// the place after the last entry is used unless less than L <= C octets follow it. Then the front is used;
/// live bytes reach back from the last entry by at most C − L, so they begin above 2C − L − (C − L) = C >= L.
/// As the front fills, live bytes behind it end above C still, and those two parts together are at most C −
/// L.
std::uint32_t DynamicTable::place(std::uint32_t size_bytes) {
  if (head_ + size_bytes > ring_bytes_) head_ = 0;
  const auto offset = static_cast<std::uint32_t>(head_);
  head_ += size_bytes;
  return offset;
}

/// Makes rings for `needed_bytes` of entries, with the live entries packed at their front, and returns the
/// old ones.
DynamicTable::Rings DynamicTable::grow(std::uint32_t needed_bytes) {
  const std::uint32_t table_bytes = std::bit_ceil(std::max(needed_bytes, kFirstRoomBytes));
  Rings larger{std::make_unique_for_overwrite<char[]>(2 * std::size_t{table_bytes}),
               std::make_unique_for_overwrite<Entry[]>(table_bytes / kEntryOverheadBytes)};
  const std::uint32_t larger_slots = table_bytes / kEntryOverheadBytes;
  std::uint32_t offset = 0;
  for (std::uint64_t id = evicted_ + 1; id <= newest_; ++id) {
    Entry moved = slot(id);
    const std::uint32_t size_bytes = moved.name_bytes + moved.value_bytes;
    if (size_bytes != 0)
      std::memcpy(larger.bytes.get() + offset, rings_.bytes.get() + moved.offset, size_bytes);
    moved.offset = offset;
    larger.entries[id & (larger_slots - 1)] = moved;
    offset += size_bytes;
  }
  head_ = offset;
  ring_bytes_ = 2 * std::uint64_t{table_bytes};
  slots_ = larger_slots;
  return std::exchange(rings_, std::move(larger));
}

}  // namespace parlance::http2
