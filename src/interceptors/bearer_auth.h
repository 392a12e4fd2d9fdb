#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "interceptors/caller.h"
#include "interceptors/exempt_methods.h"
#include "interceptors/jwt_claims.h"
#include "rpc/server_interceptor.h"

namespace parlance::interceptors {

struct BearerAuthOptions {
  /// Static tokens, as ApiKeys::parse() reads them; empty: none.
  std::string keys_file;
  /// The keys that JSON Web Tokens are signed with, as KeySet::parse() reads them; empty: no such tokens.
  std::string jwks_file;
  /// What such tokens must say.
  ClaimRules claims;
  ExemptMethods exempt = {};
  /// Told when a changed file cannot be used; what was read before stays in force. On any thread.
  std::function<void(std::string_view why)> on_reload_error;
};

/// Lets only calls in that carry a valid token, as `authorization: Bearer …` (RFC 6750 section 2.1), and puts
/// the Caller on the call. Anything else is UNAUTHENTICATED before the body is read: "Missing Bearer token"
/// (MISSING_TOKEN), or "Invalid or expired token" with the reason in ErrorInfo (token_error.h).
///
/// Both files are looked at once a second and read again when they have changed, on the loop of the call that
/// comes next.
class BearerAuth final : public ServerInterceptor {
 public:
  /// The error says what is wrong with which file. One of the two files must be named.
  static std::expected<std::shared_ptr<BearerAuth>, std::string> make(BearerAuthOptions options);
  ~BearerAuth() override;

  Task<Status> intercept(ServerCall& call, ServerNext next) override;

 private:
  class Impl;
  explicit BearerAuth(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance::interceptors
