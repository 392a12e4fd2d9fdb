#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::dialects::torchserve {

/// A version as its archives write it, "1.0", as a number: "1". Anything else as it is.
std::string_view version_of(std::string_view text);

/// The other way: "1.0".
std::string spelled(std::int64_t version);

}  // namespace parlance::dialects::torchserve
