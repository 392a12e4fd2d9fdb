#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "interceptors/token_error.h"

namespace parlance::interceptors {

/// The keys that tokens are signed with: a JSON Web Key Set (RFC 7517). Immutable, so any thread may use it.
class KeySet {
 public:
  /// Takes RSA keys (for RS256), EC keys on P-256 (ES256) and `oct` ones (HS256). Keys of other types, for
  /// encryption (`use`), or with an `alg` that is none of these are passed over, as RFC 7517 section 5 asks.
  /// The error says why there is no key to use.
  static std::expected<KeySet, std::string> parse(std::string_view json);

  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;
  ~KeySet();

  /// The payload of a signed token (RFC 7515, compact form), when one of these keys signed it.
  ///
  /// The token's `alg` must be RS256, ES256 or HS256 and the key of the type that goes with it, so a public
  /// RSA key is never taken for an HMAC secret, and `none` for nothing at all. A `kid` in the token picks the
  /// key; without one every key that fits is tried. Tokens with `crit` are refused, as nothing critical is
  /// known here (section 4.1.11).
  std::expected<std::string, TokenError> verify(std::string_view token) const;

  std::size_t size() const;

 private:
  struct Key;
  class Impl;
  explicit KeySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance::interceptors
