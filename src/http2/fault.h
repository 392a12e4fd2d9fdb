#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "http2/error_code.h"

namespace parlance::http2 {

/// What the peer did wrong, as a value: it costs one stream (RST_STREAM) or the connection (GOAWAY), RFC 9113
/// section 5.4. `reason` names the rule and its section; it is static, or owned by what outlives the fault.
struct Fault {
  enum class Scope : std::uint8_t { kStream, kConnection };

  Scope scope;
  ErrorCode code;
  std::string_view reason;
};

/// Nothing, or what the peer did wrong.
using Outcome = std::expected<void, Fault>;

inline std::unexpected<Fault> stream_fault(ErrorCode code, std::string_view reason) {
  return std::unexpected(Fault{Fault::Scope::kStream, code, reason});
}
inline std::unexpected<Fault> connection_fault(ErrorCode code, std::string_view reason) {
  return std::unexpected(Fault{Fault::Scope::kConnection, code, reason});
}

}  // namespace parlance::http2
