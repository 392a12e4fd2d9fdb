#pragma once

#include "base/status.h"

namespace parlance::scheduling {

/// DEADLINE_EXCEEDED "the deadline passed <when>".
Status deadline_passed(const char* when);

inline constexpr const char* kBeforeRun = "before the model was run";
inline constexpr const char* kDuringRun = "while the model ran";

/// CANCELLED.
Status caller_left();

}  // namespace parlance::scheduling
