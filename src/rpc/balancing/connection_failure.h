#pragma once

#include <cstddef>

#include "base/status.h"

namespace parlance::balancing {

/// What a pick fails with when every one of `addresses` addresses has failed: the code and the details of
/// `last`, the failure heard of last, and a message that tells how many were tried. UNAVAILABLE when nothing
/// was heard.
Status all_failed(std::size_t addresses, const Status& last);

}  // namespace parlance::balancing
