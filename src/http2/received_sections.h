#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "http2/header_list.h"
#include "http2/header_validator.h"

namespace parlance::http2 {

/// A received header section, and what the engine found out about it.
struct ReceivedSection {
  /// Which rules it was found to keep; `facts` are of that check.
  enum class Checked : std::uint8_t { kNot, kRequest, kResponse, kTrailers };

  explicit ReceivedSection(std::uint32_t max_list_bytes) : list(max_list_bytes) {}

  HeaderList list;
  SectionFacts facts;
  Checked checked = Checked::kNot;
  /// Never the same for two sections of a connection, unless they have the same fields.
  std::uint64_t id = 0;
};

/// The sections that came last, by their header blocks: callers send the same head with every call, and the
/// same octets mean the same fields for as long as the decoder's dynamic table has not changed (RFC 7541
/// section 2.3). Those are neither decoded nor checked again.
class ReceivedSections {
 public:
  explicit ReceivedSections(std::uint32_t max_list_bytes) : max_list_bytes_(max_list_bytes) {}

  /// The section of this block, received when the table was as it is now; null when it is not kept.
  ReceivedSection* find(Bytes block, std::uint64_t table_changes);
  /// A place for another one, with a new id; it takes that of an older one.
  ReceivedSection& renew();
  /// What renew() gave was decoded from `block`, which left the table as it is now. A long block is not
  /// remembered.
  void remember(Bytes block, std::uint64_t table_changes);

 private:
  // What unary calls of a few methods send, or what a client gets: heads, trailers.
  static constexpr std::size_t kKept = 4;
  static constexpr std::size_t kLongestBlockBytes = 256;

  struct Kept {
    explicit Kept(std::uint32_t max_list_bytes) : section(max_list_bytes) {}
    ReceivedSection section;
    std::vector<std::byte> block;  // empty: not to be found
    std::uint64_t table_changes = 0;
  };

  std::uint32_t max_list_bytes_;
  std::vector<std::unique_ptr<Kept>> kept_;  // at most kKept
  std::size_t newest_ = 0;                   // of kept_
  std::uint64_t last_id_ = 0;
};

}  // namespace parlance::http2
