#pragma once

#include <cstdint>
#include <string_view>

#include "http2/header_field.h"

namespace parlance::http2 {

/// The static table of RFC 7541 appendix A. Indices are those of the protocol: 1 to kStaticTableSize.
inline constexpr std::uint32_t kStaticTableSize = 61;

/// The entry with its token; views of static storage, `entry_id` 0.
const HeaderField& static_entry(std::uint32_t index);

/// The first index with this name, or 0; `name_hash` is hash_text(name).
std::uint32_t find_static_name(std::string_view name, std::uint64_t name_hash);

/// The index that has this value, among the entries with the name of `name_index` (which must come from
/// find_static_name, not 0), or 0.
std::uint32_t find_static_value(std::uint32_t name_index, std::string_view value);

}  // namespace parlance::http2
