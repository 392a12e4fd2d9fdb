#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "rpc/client_stream.h"

namespace parlance::detail {

/// The attempts of a call that have not ended. A service config asks for 5 at most (gRPC A6), so this needs
/// no allocation.
class Attempts {
 public:
  static constexpr std::size_t kMost = 5;

  bool full() const { return count_ == kMost; }
  bool empty() const { return count_ == 0; }
  ClientStream& first() const { return *attempts_[0]; }
  void add(ClientStream& attempt) { attempts_[count_++] = &attempt; }
  void remove(const ClientStream& attempt) {
    ClientStream** const last = attempts_.data() + count_;
    ClientStream** const found = std::find(attempts_.data(), last, &attempt);
    if (found == last) return;
    std::copy(found + 1, last, found);
    --count_;
  }
  /// One that waits for a connection, if any does, else any; null when only `but` is left.
  ClientStream* next_to_drop(const ClientStream* but) const {
    ClientStream* open = nullptr;
    for (ClientStream* attempt : *this) {
      if (attempt == but) continue;
      if (!attempt->is_open()) return attempt;
      open = attempt;
    }
    return open;
  }
  ClientStream* const* begin() const { return attempts_.data(); }
  ClientStream* const* end() const { return attempts_.data() + count_; }

 private:
  std::array<ClientStream*, kMost> attempts_{};
  std::size_t count_ = 0;
};

}  // namespace parlance::detail
