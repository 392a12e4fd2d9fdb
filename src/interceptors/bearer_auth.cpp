#include "interceptors/bearer_auth.h"

#include <strings.h>

#include <mutex>

#include "grpc/error_details.h"
#include "interceptors/api_keys.h"
#include "interceptors/key_set.h"
#include "interceptors/watched_file.h"

namespace parlance::interceptors {
namespace {

constexpr std::string_view kScheme = "Bearer ";
// Real ones have some hundred bytes to a few KiB. More is not worth checking.
constexpr std::size_t kLongestToken = 8 * 1024;

Status missing_token() {
  return grpc::make_error(StatusCode::kUnauthenticated, "MISSING_TOKEN", "Missing Bearer token",
                          {{"hop", "server"}, {"knob", "authorization"}});
}

Status invalid_token(TokenError why) {
  return grpc::make_error(StatusCode::kUnauthenticated, reason_of(why), "Invalid or expired token",
                          {{"hop", "server"}, {"knob", "authorization"}});
}

// The scheme's case does not matter (RFC 9110 section 11.1).
std::optional<std::string_view> bearer_token(const Metadata& metadata) {
  const std::string_view value = metadata.get("authorization").value_or("");
  if (value.size() <= kScheme.size() || strncasecmp(value.data(), kScheme.data(), kScheme.size()) != 0) {
    return std::nullopt;
  }
  return value.substr(kScheme.size());
}

// What a file's text was made into, and is made into again when it changes.
template <typename Keys>
class ReloadedKeys {
 public:
  explicit ReloadedKeys(const std::string& path) : file_(path) {}

  std::expected<void, std::string> refresh() {
    if (file_.path().empty()) return {};
    auto text = file_.poll(Clock::now());
    if (!text) return std::unexpected(text.error());
    if (!*text) return {};
    auto keys = Keys::parse(**text);
    if (!keys) return std::unexpected(file_.path() + ": " + keys.error());
    current_ = std::make_shared<const Keys>(*std::move(keys));
    return {};
  }

  /// Null when there is no such file.
  const std::shared_ptr<const Keys>& current() const { return current_; }

 private:
  WatchedFile file_;
  std::shared_ptr<const Keys> current_;
};

}  // namespace

class BearerAuth::Impl {
 public:
  explicit Impl(BearerAuthOptions given)
      : options(std::move(given)), api_keys_(options.keys_file), key_set_(options.jwks_file) {}

  std::expected<void, std::string> load() {
    if (options.keys_file.empty() && options.jwks_file.empty()) {
      return std::unexpected("neither a file of keys nor one of signing keys is named");
    }
    auto loaded = api_keys_.refresh();
    return loaded ? key_set_.refresh() : loaded;
  }

  std::expected<Caller, TokenError> authenticate(std::string_view token) {
    if (token.size() > kLongestToken) return std::unexpected(TokenError::kMalformed);
    const Keys keys = current();
    if (keys.api != nullptr) {
      if (auto name = keys.api->find(token)) return Caller{.subject = *std::move(name), .issuer = {}};
    }
    if (keys.signing == nullptr) return std::unexpected(TokenError::kSignature);
    const auto payload = keys.signing->verify(token);
    if (!payload) return std::unexpected(payload.error());
    return check_claims(*payload, options.claims, std::chrono::system_clock::now().time_since_epoch());
  }

  const BearerAuthOptions options;

 private:
  struct Keys {
    std::shared_ptr<const ApiKeys> api;
    std::shared_ptr<const KeySet> signing;
  };

  // The keys in force. Tokens are checked outside the lock.
  Keys current() {
    const std::lock_guard lock{mutex_};
    for (const auto& refreshed : {api_keys_.refresh(), key_set_.refresh()}) {
      if (!refreshed && options.on_reload_error) options.on_reload_error(refreshed.error());
    }
    return {api_keys_.current(), key_set_.current()};
  }

  std::mutex mutex_;
  ReloadedKeys<ApiKeys> api_keys_;
  ReloadedKeys<KeySet> key_set_;
};

BearerAuth::BearerAuth(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BearerAuth::~BearerAuth() = default;

std::expected<std::shared_ptr<BearerAuth>, std::string> BearerAuth::make(BearerAuthOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return std::shared_ptr<BearerAuth>{new BearerAuth{std::move(impl)}};
}

Task<Status> BearerAuth::intercept(ServerCall& call, ServerNext next) {
  if (impl_->options.exempt.contains(call.method())) return next();
  const auto token = bearer_token(call.request_metadata());
  if (!token) return end_call(missing_token());
  std::expected<Caller, TokenError> caller = impl_->authenticate(*token);
  if (!caller) return end_call(invalid_token(caller.error()));
  call.attributes().set(*std::move(caller));
  return next();
}

}  // namespace parlance::interceptors
