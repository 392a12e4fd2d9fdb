#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/buffer.h"

namespace parlance::detail {

/// Request messages with their prefixes, kept for attempts yet to come. A unary call has one, which needs no
/// vector.
class KeptMessages {
 public:
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  const Buffer& operator[](std::size_t index) const { return index == 0 ? first_ : more_[index - 1]; }

  void add(Buffer framed) {
    bytes_ += framed.size();
    if (count_++ == 0) {
      first_ = std::move(framed);
    } else {
      more_.push_back(std::move(framed));
    }
  }
  void clear() {
    first_ = {};
    more_.clear();
    count_ = bytes_ = 0;
  }

 private:
  Buffer first_;
  std::vector<Buffer> more_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace parlance::detail
