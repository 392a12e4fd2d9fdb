#include "interceptors/token_error.h"

namespace parlance::interceptors {

std::string_view reason_of(TokenError error) {
  switch (error) {
    case TokenError::kMalformed:
      return "TOKEN_MALFORMED";
    case TokenError::kAlgorithm:
      return "TOKEN_ALGORITHM";
    case TokenError::kUnknownKey:
      return "TOKEN_UNKNOWN_KEY";
    case TokenError::kSignature:
      return "TOKEN_SIGNATURE";
    case TokenError::kExpired:
      return "TOKEN_EXPIRED";
    case TokenError::kNotYetValid:
      return "TOKEN_NOT_YET_VALID";
    case TokenError::kIssuer:
      return "TOKEN_ISSUER";
    case TokenError::kAudience:
      return "TOKEN_AUDIENCE";
    case TokenError::kNoSubject:
      return "TOKEN_NO_SUBJECT";
  }
  return "TOKEN_MALFORMED";
}

}  // namespace parlance::interceptors
