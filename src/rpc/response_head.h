#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"
#include "http2/header_field.h"

namespace parlance::detail {

/// What a response's header section says, and whose it is.
struct ResponseHead {
  /// As ServerCall::peer writes it.
  std::string peer;
  std::optional<int> http_status;
  /// Why no response can follow such a head; OK: one may.
  Status error;
  grpc::Encoding encoding = grpc::Encoding::kIdentity;
  grpc::Metadata metadata;
};

/// Many calls share the head of one, as servers answer the same again and again.
using SharedResponseHead = std::shared_ptr<const ResponseHead>;

SharedResponseHead read_response_head(http2::HeaderFields fields, const std::string& peer);

/// What a connection makes of the header sections that came last, by http2::Connection::section_id(): the
/// same number means the same fields.
class RememberedResponses {
 public:
  explicit RememberedResponses(std::string peer);

  /// Of a server that has not said anything else: only the peer.
  const SharedResponseHead& no_head() const { return no_head_; }
  /// Read, unless it was before.
  const SharedResponseHead& head(std::uint64_t section_id, http2::HeaderFields fields);
  /// Whether these are known to be trailers that say OK and nothing else.
  bool is_plain_ok(std::uint64_t section_id) const { return ok_ids_[section_id % kKept] == section_id; }
  void remember_plain_ok(std::uint64_t section_id) { ok_ids_[section_id % kKept] = section_id; }

 private:
  // The engine keeps 4 sections; a few more than come by turns.
  static constexpr std::size_t kKept = 8;

  struct Head {
    std::uint64_t section_id = 0;
    SharedResponseHead head;
  };

  const SharedResponseHead no_head_;
  std::array<Head, kKept> heads_;
  std::array<std::uint64_t, kKept> ok_ids_{};
};

}  // namespace parlance::detail
