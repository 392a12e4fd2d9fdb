#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "http2/header_field.h"

namespace parlance::http2 {

/// What the engine itself needs to know of a header section.
struct SectionFacts {
  static constexpr std::uint64_t kNoLength = UINT64_MAX;

  std::uint64_t content_length = kNoLength;
  std::uint16_t status = 0;  // responses
};

/// A malformed section (RFC 9113 section 8.1.1) costs its stream, with PROTOCOL_ERROR; the text says which
/// rule was broken and is static.
using SectionCheck = std::expected<SectionFacts, std::string_view>;

/// Remembers which entries of the decoder's dynamic table were found to have a legal name and value, so that
/// what comes again with every call is looked at once (HeaderField::entry_id). Belongs to one connection.
class LegalFields {
 public:
  bool knows(const HeaderField& field) const {
    return field.entry_id != 0 && entries_[field.entry_id % kRemembered] == field.entry_id;
  }
  void learn(const HeaderField& field) {
    if (field.entry_id != 0) entries_[field.entry_id % kRemembered] = field.entry_id;
  }

 private:
  static constexpr std::size_t kRemembered = 16;
  std::array<std::uint32_t, kRemembered> entries_{};
};

/// RFC 9113 sections 8.2 (names, values, connection-specific fields) and 8.3.1 (pseudo-headers of requests).
SectionCheck check_request(HeaderFields fields, LegalFields& legal);
/// Sections 8.2 and 8.3.2; also informational ones.
SectionCheck check_response(HeaderFields fields, LegalFields& legal);
/// Sections 8.1 and 8.2: no pseudo-headers.
SectionCheck check_trailers(HeaderFields fields, LegalFields& legal);

/// Names are lower-case tokens (RFC 9113 section 8.2.1, RFC 9110 section 5.6.2); a pseudo-header's colon is
/// not for this to judge.
bool is_legal_name(std::string_view name);
/// RFC 9110 section 5.5: no control characters but HTAB, no white space at either end (RFC 9113
/// section 8.2.1).
bool is_legal_value(std::string_view value);

}  // namespace parlance::http2
