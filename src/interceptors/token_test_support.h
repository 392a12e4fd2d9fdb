#pragma once

// Signs tokens for the tests of this folder, by cjose itself; what others sign is in key_set_test.cpp.

#include <cjose/cjose.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace parlance::interceptors::testing {

/// A key to sign with, freshly made.
class SigningKey {
 public:
  static SigningKey rsa(std::size_t bits = 2048) {
    cjose_err error;
    return SigningKey{
        cjose_jwk_create_RSA_random(bits, reinterpret_cast<const std::uint8_t*>("\1\0\1"), 3, &error),
        "RS256"};
  }
  static SigningKey ec() {
    cjose_err error;
    return SigningKey{cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error), "ES256"};
  }
  static SigningKey secret(std::size_t bytes = 32) {
    cjose_err error;
    return SigningKey{cjose_jwk_create_oct_random(bytes * 8, &error), "HS256"};
  }
  static SigningKey secret_of(std::string_view bytes) {
    cjose_err error;
    return SigningKey{
        cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &error),
        "HS256"};
  }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey() { cjose_jwk_release(key_); }

  /// As it stands in a key set: the public half, or the secret. `more`: further members, each with a comma
  /// before it.
  std::string json(const std::string& more = "") const {
    cjose_err error;
    char* text = cjose_jwk_to_json(key_, std::string_view{algorithm_} == "HS256", &error);
    require(text != nullptr, "SigningKey: no JSON");
    std::string result{text};
    std::free(text);
    result.insert(result.size() - 1, more);
    return result;
  }

  /// A signed token; an empty `kid` is left out.
  std::string sign(std::string_view payload, const std::string& kid = "",
                   const char* algorithm = nullptr) const {
    cjose_err error;
    cjose_header_t* header = cjose_header_new(&error);
    cjose_header_set(header, "alg", algorithm != nullptr ? algorithm : algorithm_, &error);
    if (!kid.empty()) cjose_header_set(header, "kid", kid.c_str(), &error);
    std::string token = sign(payload, header);
    cjose_header_release(header);
    return token;
  }
  std::string sign_with_crit(std::string_view payload) const {
    cjose_err error;
    cjose_header_t* header = cjose_header_new(&error);
    cjose_header_set(header, "alg", algorithm_, &error);
    cjose_header_set_raw(header, "crit", R"(["exp"])", &error);
    std::string token = sign(payload, header);
    cjose_header_release(header);
    return token;
  }

 private:
  SigningKey(cjose_jwk_t* key, const char* algorithm) : key_(key), algorithm_(algorithm) {
    require(key_ != nullptr, "SigningKey: no key");
  }

  std::string sign(std::string_view payload, cjose_header_t* header) const {
    cjose_err error;
    cjose_jws_t* jws = cjose_jws_sign(key_, header, reinterpret_cast<const std::uint8_t*>(payload.data()),
                                      payload.size(), &error);
    require(jws != nullptr, "SigningKey: not signed");
    const char* text = nullptr;
    require(cjose_jws_export(jws, &text, &error), "SigningKey: not exported");
    std::string token{text};
    cjose_jws_release(jws);
    return token;
  }

  cjose_jwk_t* key_;
  const char* algorithm_;
};

/// A key set of these keys.
inline std::string key_set(const std::initializer_list<std::string>& keys) {
  std::string all;
  for (const std::string& key : keys) all += (all.empty() ? "" : ",") + key;
  return R"({"keys":[)" + all + "]}";
}

}  // namespace parlance::interceptors::testing
