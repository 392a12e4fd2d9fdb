#pragma once

#include <atomic>
#include <cstdint>

#include "http2/header_field.h"

namespace parlance::http2 {

/// Fields that are sent again and again just as they are: the head of every response, of every call of a
/// method. An encoder remembers what it made of them (HpackEncoder::encode), so that sending them once more
/// is a copy. Neither copied nor moved, as its identity stands for its fields.
class FixedFields {
 public:
  /// `fields`, and what its views show, must outlive this object unchanged.
  explicit FixedFields(HeaderFields fields) : fields_(fields), id_(++last_id) {}
  FixedFields(const FixedFields&) = delete;
  FixedFields& operator=(const FixedFields&) = delete;

  HeaderFields fields() const { return fields_; }
  /// Never 0, and no other's.
  std::uint64_t id() const { return id_; }

 private:
  static inline std::atomic<std::uint64_t> last_id = 0;

  const HeaderFields fields_;
  const std::uint64_t id_;
};

}  // namespace parlance::http2
