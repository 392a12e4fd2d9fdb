#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/caller.h"
#include "interceptors/token_error.h"

namespace parlance::interceptors {

/// What a token must say beside being signed.
struct ClaimRules {
  /// `iss` must be this; empty: any.
  std::string issuer;
  /// `aud` must hold this; empty: any.
  std::string audience;
  /// How far clocks may differ.
  std::chrono::seconds leeway{60};
};

/// Seconds since 1970 (RFC 7519's NumericDate).
using UnixTime = std::chrono::duration<double>;

/// Whom the claims (RFC 7519, the JSON text of a token's payload) speak of, when they hold at `now`. A token
/// must have `exp` and `sub`; `nbf` counts where it is there.
std::expected<Caller, TokenError> check_claims(std::string_view json, const ClaimRules& rules, UnixTime now);

}  // namespace parlance::interceptors
