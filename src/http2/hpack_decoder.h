#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "http2/header_list.h"
#include "http2/hpack_dynamic_table.h"
#include "http2/hpack_error.h"
#include "http2/hpack_reader.h"

namespace parlance::http2 {

/// The receiving half of HPACK (RFC 7541): one for each connection, fed with every header block in the order
/// of arrival, also with those of streams that nobody is interested in. After an error it must not be used
/// again.
class HpackDecoder {
 public:
  /// `max_table_bytes` is the limit in force when the connection begins, which is also the size that the
  /// table begins with (RFC 7541 section 4.2): kInitialTableBytes in HTTP/2, whatever our first SETTINGS say.
  explicit HpackDecoder(std::uint32_t max_table_bytes = kInitialTableBytes)
      : table_(max_table_bytes), max_table_bytes_(max_table_bytes) {}

  /// Our SETTINGS_HEADER_TABLE_SIZE, once the peer has acknowledged it. When it is below the size in use, the
  /// next block must begin with a size update to no more than the smallest value set in between (RFC 7541
  /// section 4.2, RFC 9113 section 4.3.1).
  void set_max_table_bytes(std::uint32_t max_table_bytes);

  /// Decodes one complete header block (HEADERS with all its CONTINUATIONs) into `out`, which is cleared
  /// first. The fields live as long as `out` says, whatever happens to the table. A block larger than
  /// `out`'s limit is no error here: see HeaderList::too_large. Does not judge names and values (RFC 9113
  /// section 8.2 does); a received string may hold any octet.
  std::expected<void, HpackError> decode(Bytes block, HeaderList& out);

  const DynamicTable& table() const { return table_; }
  /// Goes up whenever a block may mean something else than before: as long as it stands, the same octets give
  /// the same fields.
  std::uint64_t table_changes() const { return table_.changes() + limit_changes_; }

 private:
  using Outcome = std::expected<void, HpackError>;
  enum class Literal : std::uint8_t { kIndexed, kNotIndexed, kNeverIndexed };

  struct Name {
    std::string_view text;
    HeaderToken token;
    HeaderList::Lifetime lifetime;
  };

  Outcome size_updates(HpackReader& in);
  Outcome size_update(HpackReader& in);
  Outcome representation(HpackReader& in, HeaderList& out);
  Outcome indexed(HpackReader& in, HeaderList& out);
  Outcome literal(HpackReader& in, Literal kind, unsigned prefix_bits, HeaderList& out);
  std::expected<Name, HpackError> literal_name(HpackReader& in, unsigned prefix_bits);

  DynamicTable table_;
  std::uint32_t max_table_bytes_;
  std::uint64_t limit_changes_ = 0;
  std::uint32_t required_update_bytes_ = kNoUpdate;  // the next block must begin with one to at most this
  std::vector<char> name_scratch_;                   // Huffman-coded strings are decoded into these
  std::vector<char> value_scratch_;

  static constexpr std::uint32_t kNoUpdate = UINT32_MAX;
};

}  // namespace parlance::http2
