#pragma once

#include <string_view>

namespace parlance {

/// Of the library and the server; the project's version in CMakeLists.txt.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace parlance
