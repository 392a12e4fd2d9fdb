#pragma once

#include <cstdint>

namespace parlance::http2 {

enum class Role : std::uint8_t { kClient, kServer };

}  // namespace parlance::http2
