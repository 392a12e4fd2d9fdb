#include "http2/hpack_error.h"

namespace parlance::http2 {

std::string_view to_string(HpackError error) {
  switch (error) {
    case HpackError::kTruncated:
      return "header block ends inside a representation (RFC 7541 section 6)";
    case HpackError::kIntegerTooLarge:
      return "integer above 2^32-1 or longer than 6 octets (RFC 7541 section 5.1)";
    case HpackError::kZeroIndex:
      return "indexed field with index 0 (RFC 7541 section 6.1)";
    case HpackError::kIndexOutOfRange:
      return "index beyond both tables (RFC 7541 section 2.3.3)";
    case HpackError::kHuffmanEos:
      return "EOS inside a Huffman-coded string (RFC 7541 section 5.2)";
    case HpackError::kHuffmanPadding:
      return "Huffman padding longer than 7 bits or not a prefix of EOS (RFC 7541 section 5.2)";
    case HpackError::kSizeUpdateTooLate:
      return "table size update after the first field of a block (RFC 7541 section 4.2)";
    case HpackError::kSizeUpdateTooLarge:
      return "table size update above the announced limit (RFC 7541 section 6.3)";
    case HpackError::kSizeUpdateMissing:
      return "the limit was lowered and the block does not begin with a size update to it (RFC 7541 section "
             "4.2)";
  }
  return "unknown HPACK error";
}

}  // namespace parlance::http2
