#pragma once

#include <cstdint>

#include "http2/header_field.h"

namespace parlance::http2 {

/// What the encoder does with a field that it cannot send as an index.
enum class Indexing : std::uint8_t {
  kField,     // enters it into the dynamic table: the same value is likely to come again
  kNameOnly,  // does not, except once for the sake of the name: the value is new each time
  kNever,     // never-indexed literal (RFC 7541 section 6.2.3)
};

/// The encoder's policy.
///   kNever: fields marked never_indexed; and credentials and cookies that are short enough to be guessed
///     octet by octet through the compressed size, which RFC 7541 section 7.1.3 advises against indexing.
///     Passwords (the Basic scheme) at any length. A long random token is indexed: it cannot be guessed, and
///     it is the largest field of most calls.
///   kNameOnly: timeouts, lengths, dates, validators, trace ids, error texts.
///   kField: all others, `:path` among them (a client calls few methods).
Indexing indexing_of(const HeaderField& field);

}  // namespace parlance::http2
