#pragma once

#include <cstdint>
#include <string_view>

namespace parlance::interceptors {

/// Why a token is not taken: what the ErrorInfo's reason says, behind one message for all.
enum class TokenError : std::uint8_t {
  kMalformed,    // no JWS in compact form, or no JSON object in it
  kAlgorithm,    // `none`, or one that is not known here
  kUnknownKey,   // no key of that `kid`, or none that the algorithm fits
  kSignature,    // not made with the key, or not a static token
  kExpired,      // `exp` has passed, or there is none
  kNotYetValid,  // `nbf` has not come
  kIssuer,       // `iss` is another
  kAudience,     // `aud` does not name this server
  kNoSubject,    // no `sub`
};

/// "TOKEN_EXPIRED".
std::string_view reason_of(TokenError error);

}  // namespace parlance::interceptors
