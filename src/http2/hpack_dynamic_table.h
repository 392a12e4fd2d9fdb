#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "http2/header_field.h"

namespace parlance::http2 {

/// SETTINGS_HEADER_TABLE_SIZE before anybody has said anything (RFC 9113 section 6.5.2).
inline constexpr std::uint32_t kInitialTableBytes = 4096;

/// The dynamic table of RFC 7541 section 2.3.2: a queue of fields, oldest evicted first. Strings lie in one
/// ring of bytes and entries in one ring of records, so that an insertion is a copy and an eviction a
/// counter. Memory comes with the insertions: up to 2.5 times the largest size that the entries have had,
/// rounded up to a power of two.
class DynamicTable {
 public:
  /// RFC 7541 section 4.1: what an entry costs beside its strings.
  static constexpr std::uint32_t kEntryOverheadBytes = 32;

  /// No table is larger than this (checked): keeps all arithmetic within 32 bits.
  static constexpr std::uint32_t kLargestBytes = 1u << 30;

  explicit DynamicTable(std::uint32_t max_bytes);

  /// A size update (RFC 7541 section 4.3): evicts what no longer fits.
  void set_max_bytes(std::uint32_t max_bytes);
  std::uint32_t max_bytes() const { return max_bytes_; }

  /// Sum of the entries' sizes as RFC 7541 section 4.1 counts them.
  std::uint32_t size_bytes() const { return size_bytes_; }
  /// Goes up with whatever changes the table: as long as it stands, an index means the same field.
  std::uint64_t changes() const { return changes_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(newest_ - evicted_); }

  /// Adds an entry and returns its id: 1 for the first, and one more each time. `name` may be that of an
  /// entry of this table, even of one that is evicted for the new one (RFC 7541 section 4.4); `value` may
  /// not. An entry larger than the table empties it, is not added, and 0 is returned.
  std::uint64_t insert(std::string_view name, std::string_view value, HeaderToken token);

  /// The id of the entry with relative index `age` (0 is the newest); `age` must be below count().
  std::uint64_t id_of_age(std::uint32_t age) const { return newest_ - age; }
  /// The converse, for a live id.
  std::uint32_t age_of_id(std::uint64_t id) const { return static_cast<std::uint32_t>(newest_ - id); }
  bool is_live(std::uint64_t id) const { return id > evicted_; }

  /// A live entry; its views hold until the next insert() or set_max_bytes(). `entry_id` is set as long as
  /// the id fits into it, and 0 after that.
  HeaderField entry(std::uint64_t id) const;

 private:
  /// What the fields of a response take; those of a usual request take the double.
  static constexpr std::uint32_t kFirstRoomBytes = 256;

  struct Entry {
    std::uint32_t offset;
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
    HeaderToken token;
  };

  struct Rings {
    std::unique_ptr<char[]> bytes;
    std::unique_ptr<Entry[]> entries;
  };

  Entry& slot(std::uint64_t id) const { return rings_.entries[id & (slots_ - 1)]; }
  void evict_down_to(std::uint32_t size_bytes);
  std::uint32_t place(std::uint32_t size_bytes);
  Rings grow(std::uint32_t needed_bytes);

  Rings rings_;
  std::uint32_t slots_ = 0;       // of rings_.entries, a power of two
  std::uint64_t ring_bytes_ = 0;  // of rings_.bytes, twice the room for entries: see place()
  std::uint64_t head_ = 0;        // where the next entry's bytes go
  std::uint64_t newest_ = 0;      // id
  std::uint64_t evicted_ = 0;     // id of the last one that went
  std::uint32_t size_bytes_ = 0;
  std::uint64_t changes_ = 0;
  std::uint32_t max_bytes_;
};

}  // namespace parlance::http2
