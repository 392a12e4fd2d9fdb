#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "http2/header_field.h"

namespace parlance::http2 {

/// The fields of one decoded header block, with the memory of their strings. Meant to be used again for the
/// next block: after the first few blocks it allocates nothing.
class HeaderList {
 public:
  /// Where the string of an appended field lives: for ever (static table), or only until append returns.
  enum class Lifetime : std::uint8_t { kStatic, kBorrowed };

  /// `max_list_bytes` is what we announce as SETTINGS_MAX_HEADER_LIST_SIZE.
  explicit HeaderList(std::uint32_t max_list_bytes) : max_list_bytes_(max_list_bytes) {}

  /// Forgets the fields and keeps the memory (up to kKeptBytes; what an unusual block needed is freed).
  void clear();

  /// The views in `field` may point anywhere; those that are kBorrowed are copied. Once the list is over its
  /// limit the field is counted and dropped.
  void append(const HeaderField& field, Lifetime name, Lifetime value);

  /// The fields in order; valid until the next clear(), append() or decode into this list.
  HeaderFields fields() const { return fields_; }

  /// Size of the whole section as RFC 9113 section 6.5.2 counts it (name + value + 32 a field), dropped
  /// fields included.
  std::uint64_t list_bytes() const { return list_bytes_; }

  /// The section is over the limit; fields() holds only its beginning. The HPACK state is right nevertheless.
  bool too_large() const { return list_bytes_ > max_list_bytes_; }

  /// For the next block.
  void set_max_list_bytes(std::uint32_t max_list_bytes) { max_list_bytes_ = max_list_bytes; }

 private:
  // Of a usual request.
  static constexpr std::size_t kUsualFields = 8;
  static constexpr std::size_t kChunkBytes = 256;
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity_bytes = 0;
  };

  char* allocate(std::size_t size_bytes);
  void add_chunk(std::size_t size_bytes);
  std::string_view copy(std::string_view text);

  std::vector<HeaderField> fields_;
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;       // the one being filled
  std::size_t chunk_used_ = 0;  // bytes of it
  std::size_t capacity_bytes_ = 0;
  std::uint64_t list_bytes_ = 0;
  std::uint32_t max_list_bytes_;
};

}  // namespace parlance::http2
