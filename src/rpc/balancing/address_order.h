#pragma once

#include <span>
#include <vector>

#include "rpc/balancing/policy.h"

namespace parlance::balancing {

/// The addresses in the order in which to try them: families take turns, beginning with that of the first
/// address, and each family keeps its order (RFC 8305 section 4). An address that begins with '[' is IPv6,
/// any other counts as one family.
std::vector<Backend> interleave_families(std::span<const Backend> backends);

/// Puts them into a random order; every order is as likely.
void shuffle(std::span<Backend> backends, PolicyHost& host);

}  // namespace parlance::balancing
