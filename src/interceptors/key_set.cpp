#include "interceptors/key_set.h"

#include <cjose/cjose.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "interceptors/json.h"

namespace parlance::interceptors {
namespace {

template <auto kRelease>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    kRelease(object);
  }
};
using Jwk = std::unique_ptr<cjose_jwk_t, Release<cjose_jwk_release>>;
using Jws = std::unique_ptr<cjose_jws_t, Release<cjose_jws_release>>;
using CText = std::unique_ptr<char, Release<std::free>>;

// An RSA key below this can be factored.
constexpr std::size_t kLeastRsaBits = 2048;
// RFC 7518 section 3.2: an HMAC key is at least as long as its hash.
constexpr std::size_t kLeastSecretBits = 256;

// The one algorithm that a key is used with here; nothing for a key that is of no use.
std::optional<std::string_view> algorithm_of(const cjose_jwk_t* key) {
  cjose_err error;
  const std::size_t bits = cjose_jwk_get_keysize(key, &error);
  switch (cjose_jwk_get_kty(key, &error)) {
    case CJOSE_JWK_KTY_RSA:
      if (bits >= kLeastRsaBits) return "RS256";
      return std::nullopt;
    case CJOSE_JWK_KTY_EC:
      if (cjose_jwk_EC_get_curve(key, &error) == CJOSE_JWK_EC_P_256) return "ES256";
      return std::nullopt;
    case CJOSE_JWK_KTY_OCT:
      if (bits >= kLeastSecretBits) return "HS256";
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

bool is_known(std::string_view algorithm) {
  return algorithm == "RS256" || algorithm == "ES256" || algorithm == "HS256";
}

std::string_view header_text(cjose_header_t* header, const char* name) {
  cjose_err error;
  const char* text = cjose_header_get(header, name, &error);
  return text != nullptr ? std::string_view{text} : std::string_view{};
}

bool has_header(cjose_header_t* header, const char* name) {
  cjose_err error;
  return CText{cjose_header_get_raw(header, name, &error)} != nullptr;
}

}  // namespace

struct KeySet::Key {
  Jwk key;
  std::string id;  // empty: none
  std::string_view algorithm;
};

class KeySet::Impl {
 public:
  void add(json_t* description) {
    if (const std::string_view use = json_text(json_object_get(description, "use"));
        !use.empty() && use != "sig") {
      return;
    }
    const CText text{json_dumps(description, JSON_COMPACT)};
    cjose_err error;
    Jwk key{text == nullptr ? nullptr
                            : cjose_jwk_import(text.get(), std::string_view{text.get()}.size(), &error)};
    if (key == nullptr) return;
    const std::optional<std::string_view> algorithm = algorithm_of(key.get());
    const std::string_view named = json_text(json_object_get(description, "alg"));
    if (!algorithm || (!named.empty() && named != *algorithm)) return;
    keys.push_back({std::move(key), std::string{json_text(json_object_get(description, "kid"))}, *algorithm});
  }

  std::vector<Key> keys;
};

KeySet::KeySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;
KeySet::~KeySet() = default;

std::size_t KeySet::size() const { return impl_->keys.size(); }

std::expected<KeySet, std::string> KeySet::parse(std::string_view json) {
  const Json set = parse_json(json);
  const json_t* keys = json_object_get(set.get(), "keys");
  if (!json_is_array(keys)) return std::unexpected("no JSON Web Key Set: an object with a list 'keys'");
  auto impl = std::make_unique<Impl>();
  for (std::size_t i = 0; i < json_array_size(keys); ++i) impl->add(json_array_get(keys, i));
  if (impl->keys.empty()) {
    return std::unexpected(
        "no key that tokens can be checked with: RSA of 2048 bits, EC P-256 or oct of 256 bits");
  }
  return KeySet{std::move(impl)};
}

std::expected<std::string, TokenError> KeySet::verify(std::string_view token) const {
  cjose_err error;
  const Jws jws{cjose_jws_import(token.data(), token.size(), &error)};
  if (jws == nullptr) return std::unexpected(TokenError::kMalformed);
  cjose_header_t* header = cjose_jws_get_protected(jws.get());
  const std::string_view algorithm = header_text(header, "alg");
  if (!is_known(algorithm)) return std::unexpected(TokenError::kAlgorithm);
  if (has_header(header, "crit")) return std::unexpected(TokenError::kMalformed);
  const std::string_view id = header_text(header, "kid");
  TokenError why = TokenError::kUnknownKey;
  for (const Key& key : impl_->keys) {
    if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
    why = TokenError::kSignature;
    if (!cjose_jws_verify(jws.get(), key.key.get(), &error)) continue;
    std::uint8_t* payload = nullptr;  // the token's own
    std::size_t size_bytes = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &payload, &size_bytes, &error)) break;
    return std::string{reinterpret_cast<const char*>(payload), size_bytes};
  }
  return std::unexpected(why);
}

}  // namespace parlance::interceptors
