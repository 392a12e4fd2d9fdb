#include "http2/hpack_static_table.h"

#include <array>

#include "http2/hpack_hash.h"

namespace parlance::http2 {
namespace {

using enum HeaderToken;

constexpr std::array<HeaderField, kStaticTableSize + 1> kEntries{{
    {},  // index 0 is none
    {":authority", "", kAuthority},
    {":method", "GET", kMethod},
    {":method", "POST", kMethod},
    {":path", "/", kPath},
    {":path", "/index.html", kPath},
    {":scheme", "http", kScheme},
    {":scheme", "https", kScheme},
    {":status", "200", kStatus},
    {":status", "204", kStatus},
    {":status", "206", kStatus},
    {":status", "304", kStatus},
    {":status", "400", kStatus},
    {":status", "404", kStatus},
    {":status", "500", kStatus},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", "", kContentLength},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", "", kContentType},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", "", kTransferEncoding},
    {"user-agent", "", kUserAgent},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

constexpr std::size_t kSlots = 128;  // 52 names

/// Open addressing: the first index of each name, at its hash or the next free place after it.
constexpr std::array<std::uint8_t, kSlots> kNames = [] {
  std::array<std::uint8_t, kSlots> names{};
  for (std::uint32_t index = 1; index <= kStaticTableSize; ++index) {
    if (kEntries[index].name == kEntries[index - 1].name) continue;
    std::size_t slot = hash_text(kEntries[index].name) % kSlots;
    while (names[slot] != 0) slot = (slot + 1) % kSlots;
    names[slot] = static_cast<std::uint8_t>(index);
  }
  return names;
}();

}  // namespace

const HeaderField& static_entry(std::uint32_t index) { return kEntries[index]; }

std::uint32_t find_static_name(std::string_view name, std::uint64_t name_hash) {
  for (std::size_t slot = name_hash % kSlots; kNames[slot] != 0; slot = (slot + 1) % kSlots)
    if (kEntries[kNames[slot]].name == name) return kNames[slot];
  return 0;
}

std::uint32_t find_static_value(std::uint32_t name_index, std::string_view value) {
  const std::string_view name = kEntries[name_index].name;
  for (std::uint32_t index = name_index; index <= kStaticTableSize && kEntries[index].name == name; ++index)
    if (kEntries[index].value == value) return index;
  return 0;
}

}  // namespace parlance::http2
