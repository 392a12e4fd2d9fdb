#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace parlance::dialects::kserve {

/// While it lives, pages of a shared mapping whose object was made shorter behind the server's back read as
/// zeros: without it the kernel ends a process that touches them (SIGBUS). It handles that signal for the
/// whole process from the first one on; faults elsewhere end the process as before. As Wayland's compositors
/// do it.
class TruncationGuard {
 public:
  /// Guards at a time.
  static constexpr std::size_t kMost = 1024;

  /// `memory` begins at a page, and is mapped for as long as this lives. Not valid(): there are kMost.
  explicit TruncationGuard(MutableBytes memory);
  ~TruncationGuard();
  TruncationGuard(const TruncationGuard&) = delete;
  TruncationGuard& operator=(const TruncationGuard&) = delete;

  bool valid() const { return slot_ < kMost; }

 private:
  std::size_t slot_ = kMost;
};

}  // namespace parlance::dialects::kserve
