#include "response_headers.h"

#include <cstdint>

namespace bench {
namespace {

// RFC 7541 section 6: whether decoding the block leaves the dynamic table as it is.
class BlockScan {
 public:
  explicit BlockScan(std::string_view block) : block_(block) {}

  bool leaves_table_alone() {
    while (!block_.empty()) {
      const auto first = static_cast<std::uint8_t>(block_.front());
      if ((first & 0x80) != 0) {  // an indexed field
        integer(7);
        continue;
      }
      if ((first & 0x60) != 0) return false;  // with incremental indexing, or a change of the table's size
      const bool names_itself = integer(4) == 0;
      if (names_itself) skip_string();
      skip_string();
    }
    return true;
  }

 private:
  std::size_t integer(unsigned prefix_bits) {
    const std::size_t mask = (std::size_t{1} << prefix_bits) - 1;
    std::size_t value = next() & mask;
    if (value < mask) return value;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::uint8_t byte = next();
      value += static_cast<std::size_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }
  void skip_string() { block_.remove_prefix(std::min(integer(7), block_.size())); }
  std::uint8_t next() {
    if (block_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(block_.front());
    block_.remove_prefix(1);
    return byte;
  }

  std::string_view block_;
};

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

ResponseHeaders::ResponseHeaders() { nghttp2_hd_inflate_new(&inflater_); }
ResponseHeaders::~ResponseHeaders() { nghttp2_hd_inflate_del(inflater_); }

const std::string& ResponseHeaders::problem(std::span<const std::byte> block, bool last) {
  for (const Known& known : known_) {
    if (known.last == last && known.block == text(block)) return known.problem;
  }
  problem_ = decode(block, last);
  constexpr std::size_t kMostKnown = 8;
  if (!BlockScan{text(block)}.leaves_table_alone()) {
    known_.clear();  // their indices mean other fields now
  } else if (known_.size() < kMostKnown) {
    known_.push_back({std::string{text(block)}, last, problem_});
  }
  return problem_;
}

std::string ResponseHeaders::decode(std::span<const std::byte> block, bool last) {
  std::string problem = last ? "no grpc-status" : "";
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (;;) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
    if (used < 0) return "a header block that cannot be decoded";
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
    const std::string_view name = view(field.name, field.namelen);
    const std::string_view value = view(field.value, field.valuelen);
    if (name == ":status" && value != "200") return problem = ":status " + std::string{value};
    if (name == "grpc-status") problem = value == "0" ? std::string{} : "grpc-status " + std::string{value};
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return problem;
}

}  // namespace bench
