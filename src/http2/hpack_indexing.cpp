#include "http2/hpack_indexing.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace parlance::http2 {
namespace {

/// Shorter credentials may be guessed. 32: a 128-bit token in base64 (24) behind "Bearer ".
constexpr std::size_t kMinIndexedSecretBytes = 32;

template <std::size_t kCount>
using Names = std::array<std::string_view, kCount>;

constexpr Names<4> kSecret{"cookie", "set-cookie", "authorization", "proxy-authorization"};

/// In the order of their length.
constexpr Names<29> kChanging{
    "age",
    "date",
    "etag",
    "range",
    "expires",
    "if-match",
    "location",
    "if-range",
    "x-b3-spanid",
    "tracestate",
    "traceparent",
    "grpc-timeout",
    "grpc-message",
    "x-request-id",
    "x-b3-traceid",
    "content-range",
    "grpc-tags-bin",
    "last-modified",
    "if-none-match",
    "content-length",
    "grpc-trace-bin",
    "x-b3-parentspanid",
    "if-modified-since",
    "if-unmodified-since",
    "x-cloud-trace-context",
    "grpc-status-details-bin",
    "endpoint-load-metrics",
    "endpoint-load-metrics-bin",
    "grpc-previous-rpc-attempts",
};

constexpr std::size_t kLongestName = 26;

/// By length, whether any name of `names` has it: spares almost every field the comparisons.
template <std::size_t kCount>
constexpr std::uint32_t lengths(const Names<kCount>& names) {
  std::uint32_t bits = 0;
  for (const std::string_view name : names) bits |= 1u << name.size();
  return bits;
}

template <std::size_t kCount>
bool contains(const Names<kCount>& names, std::uint32_t lengths_of_names, std::string_view name) {
  if (name.size() > kLongestName || (lengths_of_names >> name.size() & 1) == 0) return false;
  return std::ranges::find(names, name) != names.end();
}

/// "Basic " in any case (RFC 9110 section 11.1).
bool is_basic(std::string_view credentials) {
  constexpr std::string_view kBasic = "basic ";
  return credentials.size() >= kBasic.size() &&
         std::equal(kBasic.begin(), kBasic.end(), credentials.begin(),
                    [](char lower, char c) { return lower == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); });
}

}  // namespace

Indexing indexing_of(const HeaderField& field) {
  if (field.never_indexed) return Indexing::kNever;
  if (field.name.starts_with(':')) return Indexing::kField;
  if (contains(kSecret, lengths(kSecret), field.name))
    return field.value.size() < kMinIndexedSecretBytes || is_basic(field.value) ? Indexing::kNever
                                                                                : Indexing::kField;
  if (contains(kChanging, lengths(kChanging), field.name)) return Indexing::kNameOnly;
  return Indexing::kField;
}

}  // namespace parlance::http2
