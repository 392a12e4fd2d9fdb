#include "http2/hpack_encoder.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "http2/hpack_hash.h"
#include "http2/hpack_indexing.h"
#include "http2/hpack_integer.h"
#include "http2/hpack_static_table.h"
#include "http2/huffman.h"

namespace parlance::http2 {
namespace {

/// First octets and prefix sizes of RFC 7541 section 6.
struct Representation {
  std::uint8_t first;
  unsigned prefix_bits;
};
constexpr Representation kIndexed{0x80, 7};
constexpr Representation kLiteralIndexed{0x40, 6};
constexpr Representation kSizeUpdate{0x20, 5};
constexpr Representation kLiteralNeverIndexed{0x10, 4};
constexpr Representation kLiteralNotIndexed{0x00, 4};

constexpr std::uint8_t kHuffmanFlag = 0x80;

/// Room that any field takes beside its strings: three integers. Any block has two size updates at most.
constexpr std::size_t kFieldOverheadBytes = 3 * kMaxIntegerBytes;
constexpr std::size_t kSizeUpdatesBytes = 2 * kMaxIntegerBytes;

std::byte* put(std::byte* at, Representation representation, std::uint32_t value) {
  return encode_integer(at, representation.first, representation.prefix_bits, value);
}

std::byte* put_string(std::byte* at, std::string_view text) {
  const std::size_t coded_bytes = huffman_size(text);
  if (coded_bytes < text.size()) {
    at = encode_integer(at, kHuffmanFlag, 7, static_cast<std::uint32_t>(coded_bytes));
    return huffman_encode(text, at);
  }
  at = encode_integer(at, 0, 7, static_cast<std::uint32_t>(text.size()));
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

std::byte* put_literal(std::byte* at, Representation representation, std::uint32_t name_index,
                       const HeaderField& field) {
  at = put(at, representation, name_index);
  if (name_index == 0) at = put_string(at, field.name);
  return put_string(at, field.value);
}

std::uint64_t entry_bytes(const HeaderField& field) {
  return field.name.size() + field.value.size() + DynamicTable::kEntryOverheadBytes;
}

}  // namespace

HpackEncoder::HpackEncoder(std::uint32_t max_table_bytes)
    : table_(std::min(max_table_bytes, kInitialTableBytes)),
      own_max_table_bytes_(max_table_bytes),
      smallest_table_bytes_(table_.max_bytes()) {}

void HpackEncoder::set_max_table_bytes(std::uint32_t peer_max_table_bytes) {
  table_.set_max_bytes(std::min(peer_max_table_bytes, own_max_table_bytes_));
  smallest_table_bytes_ = std::min(smallest_table_bytes_, table_.max_bytes());
}

void HpackEncoder::encode(const FixedFields& fixed, HeaderFields more, std::vector<std::byte>& out) {
  encode_fixed(fixed, out);
  if (!more.empty()) encode(more, out);
}

void HpackEncoder::encode_fixed(const FixedFields& fixed, std::vector<std::byte>& out) {
  Remembered& remembered = place_of(fixed);
  const bool plain = !update_is_due();
  if (plain && remembered.id == fixed.id() && remembered.table_changes == table_.changes()) {
    out.insert(out.end(), remembered.bytes.begin(), remembered.bytes.begin() + remembered.size_bytes);
    return;
  }
  const std::size_t begin = out.size();
  const std::uint64_t changes = table_.changes();
  awaits_second_sight_ = false;
  encode(fixed.fields(), out);
  const std::size_t size_bytes = out.size() - begin;
  const bool repeats = plain && table_.changes() == changes && !awaits_second_sight_;
  if (!repeats || size_bytes > kLongestRemembered) return;
  remembered = {.id = fixed.id(),
                .table_changes = changes,
                .size_bytes = static_cast<std::uint8_t>(size_bytes),
                .bytes = {}};
  std::memcpy(remembered.bytes.data(), out.data() + begin, size_bytes);
}

HpackEncoder::Remembered& HpackEncoder::place_of(const FixedFields& fixed) {
  const std::size_t place = fixed.id() % kRemembered;
  if (place >= remembered_.size()) remembered_.resize(place + 1);
  return remembered_[place];
}

void HpackEncoder::encode(HeaderFields fields, std::vector<std::byte>& out) {
  std::size_t room_bytes = kSizeUpdatesBytes;
  for (const HeaderField& field : fields)
    room_bytes += field.name.size() + field.value.size() + kFieldOverheadBytes;

  const std::size_t begin = out.size();
  out.resize(begin + room_bytes);
  std::byte* at = size_updates(out.data() + begin);
  for (const HeaderField& field : fields) at = encode_field(at, field);
  out.resize(static_cast<std::size_t>(at - out.data()));
}

bool HpackEncoder::update_is_due() const {
  return smallest_table_bytes_ != announced_table_bytes_ || table_.max_bytes() != announced_table_bytes_;
}

/// RFC 7541 section 4.2: the smallest size since the last block, then the one in force.
std::byte* HpackEncoder::size_updates(std::byte* at) {
  const std::uint32_t table_bytes = table_.max_bytes();
  if (smallest_table_bytes_ < std::min(announced_table_bytes_, table_bytes)) {
    at = put(at, kSizeUpdate, smallest_table_bytes_);
    announced_table_bytes_ = smallest_table_bytes_;
  }
  if (table_bytes != announced_table_bytes_) at = put(at, kSizeUpdate, table_bytes);
  announced_table_bytes_ = table_bytes;
  smallest_table_bytes_ = table_bytes;
  return at;
}

std::byte* HpackEncoder::encode_field(std::byte* at, const HeaderField& field) {
  const Indexing indexing = indexing_of(field);
  const std::uint64_t name_hash = hash_text(field.name);
  const std::uint64_t field_hash =
      indexing == Indexing::kField ? hash_text(field.value, name_hash) : name_hash;
  std::uint32_t name_index = find_static_name(field.name, name_hash);
  if (indexing == Indexing::kField)
    if (const std::uint32_t index = field_index(field, name_index, field_hash); index != 0)
      return put(at, kIndexed, index);

  if (name_index == 0) name_index = dynamic_index(lookup_.find_name(table_, field.name, name_hash));
  if (indexing == Indexing::kNever) return put_literal(at, kLiteralNeverIndexed, name_index, field);
  const bool wanted = indexing == Indexing::kField || name_index == 0;
  if (!wanted || !deserves_entry(field, field_hash))
    return put_literal(at, kLiteralNotIndexed, name_index, field);

  at = put_literal(at, kLiteralIndexed, name_index, field);
  const std::uint64_t id = table_.insert(field.name, field.value, field.token);
  lookup_.add(table_, id, name_hash, field_hash);
  return at;
}

/// The index of the whole field in either table, or 0.
std::uint32_t HpackEncoder::field_index(const HeaderField& field, std::uint32_t static_name_index,
                                        std::uint64_t field_hash) const {
  if (static_name_index != 0)
    if (const std::uint32_t index = find_static_value(static_name_index, field.value); index != 0)
      return index;
  return dynamic_index(lookup_.find_field(table_, field.name, field.value, field_hash));
}

std::uint32_t HpackEncoder::dynamic_index(std::uint64_t id) const {
  return id == 0 ? 0 : kStaticTableSize + 1 + table_.age_of_id(id);
}

/// No, when it would take most of the table. When others have to go for it, only at the second sight: a value
/// that is different in every call must not push out those that stay the same.
bool HpackEncoder::deserves_entry(const HeaderField& field, std::uint64_t field_hash) {
  const std::uint64_t size_bytes = entry_bytes(field);
  if (size_bytes > table_.max_bytes() - table_.max_bytes() / 4) return false;
  if (table_.size_bytes() + size_bytes <= table_.max_bytes()) return true;
  if (seen_.empty()) seen_.resize(kSeen);
  const bool seen = std::exchange(seen_[field_hash % kSeen], field_hash) == field_hash;
  awaits_second_sight_ |= !seen;
  return seen;
}

}  // namespace parlance::http2
