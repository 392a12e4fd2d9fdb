#include "interceptors/jwt_claims.h"

#include "interceptors/json.h"

namespace parlance::interceptors {
namespace {

// A number; nothing when there is none. Anything else under that name is no valid token.
std::expected<std::optional<UnixTime>, TokenError> time_claim(const json_t* claims, const char* name) {
  const json_t* value = json_object_get(claims, name);
  if (value == nullptr) return std::nullopt;
  if (!json_is_number(value)) return std::unexpected(TokenError::kMalformed);
  return UnixTime{json_number_value(value)};
}

// `aud` is a string or a list of them (RFC 7519 section 4.1.3).
bool names_audience(const json_t* claims, std::string_view audience) {
  const json_t* value = json_object_get(claims, "aud");
  if (json_is_string(value)) return json_text(value) == audience;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    if (json_text(json_array_get(value, i)) == audience) return true;
  }
  return false;
}

std::optional<TokenError> check_times(const json_t* claims, const ClaimRules& rules, UnixTime now) {
  const auto expires = time_claim(claims, "exp");
  const auto begins = time_claim(claims, "nbf");
  if (!expires || !begins) return TokenError::kMalformed;
  // Written so that what is not a number fails.
  if (!*expires || !(now < **expires + rules.leeway)) return TokenError::kExpired;
  if (*begins && !(now >= **begins - rules.leeway)) return TokenError::kNotYetValid;
  return std::nullopt;
}

}  // namespace

std::expected<Caller, TokenError> check_claims(std::string_view json, const ClaimRules& rules, UnixTime now) {
  const Json claims = parse_json(json);
  if (!json_is_object(claims.get())) return std::unexpected(TokenError::kMalformed);
  if (const auto error = check_times(claims.get(), rules, now)) return std::unexpected(*error);
  Caller caller{.subject = std::string{json_text(json_object_get(claims.get(), "sub"))},
                .issuer = std::string{json_text(json_object_get(claims.get(), "iss"))}};
  if (!rules.issuer.empty() && caller.issuer != rules.issuer) return std::unexpected(TokenError::kIssuer);
  if (!rules.audience.empty() && !names_audience(claims.get(), rules.audience)) {
    return std::unexpected(TokenError::kAudience);
  }
  if (caller.subject.empty()) return std::unexpected(TokenError::kNoSubject);
  return caller;
}

}  // namespace parlance::interceptors
