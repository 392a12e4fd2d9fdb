#pragma once

#include <source_location>

namespace parlance {

/// Ends the process with `what` and the place it was broken at. What a programmer does wrong is never a
/// value.
[[noreturn]] void contract_broken(const char* what,
                                  std::source_location where = std::source_location::current());

/// Always on: a contract that is checked only in debug builds is not checked where it matters.
inline void require(bool holds, const char* what,
                    std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    contract_broken(what, where);
}

}  // namespace parlance
