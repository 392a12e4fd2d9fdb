#include "http2/hpack_decoder.h"

#include <algorithm>

#include "http2/hpack_static_table.h"

namespace parlance::http2 {
namespace {

/// What an unusually long string has made of a scratch buffer is given back.
constexpr std::size_t kKeptScratchBytes = 16 * 1024;

void trim(std::vector<char>& scratch) {
  if (scratch.size() > kKeptScratchBytes) scratch = {};
}

bool is_size_update(const HpackReader& in) { return (in.peek() & 0xe0) == 0x20; }

}  // namespace

void HpackDecoder::set_max_table_bytes(std::uint32_t max_table_bytes) {
  max_table_bytes_ = max_table_bytes;
  ++limit_changes_;
  if (max_table_bytes < table_.max_bytes())
    required_update_bytes_ = std::min(required_update_bytes_, max_table_bytes);
}

std::expected<void, HpackError> HpackDecoder::decode(Bytes block, HeaderList& out) {
  out.clear();
  HpackReader in{block};
  Outcome outcome = size_updates(in);
  while (outcome && !in.at_end()) outcome = representation(in, out);
  trim(name_scratch_);
  trim(value_scratch_);
  return outcome;
}

/// RFC 7541 section 4.2: updates stand at the beginning of a block and nowhere else.
HpackDecoder::Outcome HpackDecoder::size_updates(HpackReader& in) {
  while (!in.at_end() && is_size_update(in))
    if (const Outcome outcome = size_update(in); !outcome) return outcome;
  if (required_update_bytes_ != kNoUpdate) return std::unexpected(HpackError::kSizeUpdateMissing);
  return {};
}

/// RFC 7541 section 6.3: 001, then the size in 5+ bits.
HpackDecoder::Outcome HpackDecoder::size_update(HpackReader& in) {
  const auto table_bytes = in.integer(5);
  if (!table_bytes) return std::unexpected(table_bytes.error());
  if (*table_bytes > max_table_bytes_) return std::unexpected(HpackError::kSizeUpdateTooLarge);
  if (*table_bytes > required_update_bytes_) return std::unexpected(HpackError::kSizeUpdateMissing);
  required_update_bytes_ = kNoUpdate;
  table_.set_max_bytes(*table_bytes);
  return {};
}

/// RFC 7541 section 6: the first bits say which.
HpackDecoder::Outcome HpackDecoder::representation(HpackReader& in, HeaderList& out) {
  const std::uint8_t first = in.peek();
  if ((first & 0x80) != 0) return indexed(in, out);
  if ((first & 0x40) != 0) return literal(in, Literal::kIndexed, 6, out);
  if ((first & 0x20) != 0) return std::unexpected(HpackError::kSizeUpdateTooLate);
  return literal(in, (first & 0x10) != 0 ? Literal::kNeverIndexed : Literal::kNotIndexed, 4, out);
}

HpackDecoder::Outcome HpackDecoder::indexed(HpackReader& in, HeaderList& out) {
  const auto index = in.integer(7);
  if (!index) return std::unexpected(index.error());
  if (*index == 0) return std::unexpected(HpackError::kZeroIndex);
  if (*index <= kStaticTableSize) {
    out.append(static_entry(*index), HeaderList::Lifetime::kStatic, HeaderList::Lifetime::kStatic);
    return {};
  }
  const std::uint32_t age = *index - kStaticTableSize - 1;
  if (age >= table_.count()) return std::unexpected(HpackError::kIndexOutOfRange);
  out.append(table_.entry(table_.id_of_age(age)), HeaderList::Lifetime::kBorrowed,
             HeaderList::Lifetime::kBorrowed);
  return {};
}

HpackDecoder::Outcome HpackDecoder::literal(HpackReader& in, Literal kind, unsigned prefix_bits,
                                            HeaderList& out) {
  const auto name = literal_name(in, prefix_bits);
  if (!name) return std::unexpected(name.error());
  const auto value = in.string(value_scratch_);
  if (!value) return std::unexpected(value.error());

  HeaderField field{.name = name->text, .value = *value, .token = name->token};
  field.never_indexed = kind == Literal::kNeverIndexed;
  if (kind != Literal::kIndexed) {
    out.append(field, name->lifetime, HeaderList::Lifetime::kBorrowed);
    return {};
  }
  const std::uint64_t id = table_.insert(field.name, field.value, field.token);
  if (id != 0) field = table_.entry(id);
  out.append(field, HeaderList::Lifetime::kBorrowed, HeaderList::Lifetime::kBorrowed);
  return {};
}

/// The name of a literal: by index, or spelled out when the index is 0 (RFC 7541 section 6.2).
std::expected<HpackDecoder::Name, HpackError> HpackDecoder::literal_name(HpackReader& in,
                                                                         unsigned prefix_bits) {
  using Lifetime = HeaderList::Lifetime;
  const auto index = in.integer(prefix_bits);
  if (!index) return std::unexpected(index.error());
  if (*index == 0) {
    const auto text = in.string(name_scratch_);
    if (!text) return std::unexpected(text.error());
    return Name{*text, header_token(*text), Lifetime::kBorrowed};
  }
  if (*index <= kStaticTableSize) {
    const HeaderField& entry = static_entry(*index);
    return Name{entry.name, entry.token, Lifetime::kStatic};
  }
  const std::uint32_t age = *index - kStaticTableSize - 1;
  if (age >= table_.count()) return std::unexpected(HpackError::kIndexOutOfRange);
  const HeaderField entry = table_.entry(table_.id_of_age(age));
  return Name{entry.name, entry.token, Lifetime::kBorrowed};
}

}  // namespace parlance::http2
