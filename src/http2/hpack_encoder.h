#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "http2/fixed_fields.h"
#include "http2/header_field.h"
#include "http2/hpack_dynamic_table.h"
#include "http2/hpack_lookup.h"

namespace parlance::http2 {

/// The sending half of HPACK (RFC 7541): one for each connection. The blocks it makes must be sent in the
/// order they were made in, every one of them.
///
/// What goes into the dynamic table is decided by hpack_indexing.h; strings are Huffman-coded when that is
/// shorter.
class HpackEncoder {
 public:
  /// `max_table_bytes` is the most that this side spends on its table, whatever the peer allows. When it is
  /// below kInitialTableBytes the first block says so.
  explicit HpackEncoder(std::uint32_t max_table_bytes = kInitialTableBytes);

  /// The peer's SETTINGS_HEADER_TABLE_SIZE. The next block begins with the size updates that are due, among
  /// them the smallest size since the last block (RFC 7541 section 4.2).
  void set_max_table_bytes(std::uint32_t peer_max_table_bytes);

  /// Appends one complete header block to `out`. Names must be in lower case (RFC 9113 section 8.2);
  /// `token` and `entry_id` need not be set. Keeps no view of `fields`.
  void encode(HeaderFields fields, std::vector<std::byte>& out);

  /// The same for `fixed`, followed by `more`: from memory, as long as the table has not changed since
  /// `fixed` was encoded before.
  void encode(const FixedFields& fixed, HeaderFields more, std::vector<std::byte>& out);

  const DynamicTable& table() const { return table_; }

 private:
  static constexpr std::size_t kRemembered = 16;
  static constexpr std::size_t kLongestRemembered = 48;

  /// The block that FixedFields became; `table_changes` tells whether it still means the same.
  struct Remembered {
    std::uint64_t id = 0;
    std::uint64_t table_changes = 0;
    std::uint8_t size_bytes = 0;
    std::array<std::byte, kLongestRemembered> bytes;
  };

  bool update_is_due() const;
  void encode_fixed(const FixedFields& fixed, std::vector<std::byte>& out);
  Remembered& place_of(const FixedFields& fixed);

  std::byte* size_updates(std::byte* at);
  std::byte* encode_field(std::byte* at, const HeaderField& field);
  std::uint32_t field_index(const HeaderField& field, std::uint32_t static_name_index,
                            std::uint64_t field_hash) const;
  std::uint32_t dynamic_index(std::uint64_t id) const;
  bool deserves_entry(const HeaderField& field, std::uint64_t field_hash);

  static constexpr std::size_t kSeen = 64;

  DynamicTable table_;
  HpackLookup lookup_;
  std::uint32_t own_max_table_bytes_;
  std::uint32_t announced_table_bytes_ = kInitialTableBytes;  // what the peer takes our table's size to be
  std::uint32_t smallest_table_bytes_;                        // since the last block
  std::vector<std::uint64_t> seen_;                           // hashes of fields that found the table full
  bool awaits_second_sight_ = false;                          // a field would not be encoded so again
  std::vector<Remembered> remembered_;                        // by id; at most kRemembered
};

}  // namespace parlance::http2
